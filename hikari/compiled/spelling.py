"""Spells out the classes that attrs writes at run time: mypyc knows `attrs.define` not at all, and
would leave their attributes to dictionaries.

Only a copy that is about to be compiled is changed, and no line of it is moved: in a traceback the
numbers are those of the source. What mypyc would take otherwise than Python, and says nothing of,
is refused.
"""

import ast
from typing import Final

_DEFINE: Final = ("define", "define()", "define(eq=False)")


class Unspellable(Exception):
    """A class says something to attrs that is not known here, or a function has a trap in it."""


def spell_out(source: str) -> str:
    """The same module, with each `@define` class as attrs would make it: `__init__`, and, unless
    it is declined, `__eq__` and `__repr__` (of what is no value nobody needs either). Raises
    Unspellable."""
    lines, tree = source.split("\n"), ast.parse(source)
    _refuse_traps(tree)
    for one in tree.body:
        if isinstance(one, ast.ClassDef):
            for decorator in one.decorator_list:
                told = ast.unparse(decorator)
                if told in _DEFINE:
                    lines[decorator.lineno - 1] = ""
                    _spell_class(one, lines, eq=told != _DEFINE[-1])
                elif told.startswith("define"):
                    raise Unspellable(f"{one.name}: @{told}")
    return "\n".join(lines)


def _refuse_traps(tree: ast.Module) -> None:
    """One name for exceptions of two types in one function: compiled, it has the type of the first,
    and the second is a TypeError."""
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef):
            caught: dict[str, set[str]] = {}
            for node in ast.walk(function):
                if isinstance(node, ast.ExceptHandler) and node.name and node.type:
                    caught.setdefault(node.name, set()).add(ast.unparse(node.type))
            for name, types in caught.items():
                if len(types) > 1:
                    raise Unspellable(f"{function.name}: {name} is {' and '.join(sorted(types))}")


def _spell_class(one: ast.ClassDef, lines: list[str], eq: bool) -> None:
    """In the lines of its fields: all of them in the first, the methods in those that follow."""
    fields = [node for node in one.body if isinstance(node, ast.AnnAssign)]
    names = [ast.unparse(node.target) for node in fields]
    declared = "; ".join(
        f"{name}: {ast.unparse(node.annotation)}" for name, node in zip(names, fields, strict=True)
    )
    told = ", ".join(f"{name}={{self.{name}!r}}" for name in names)
    spelled = [declared, _init(one, fields)]
    if eq:
        mine, its = (", ".join(f"{who}.{name}" for name in names) for who in ("self", "other"))
        equal = f"isinstance(other, {one.name}) and ({mine},) == ({its},)"
        spelled.append(f"def __eq__(self, other: object) -> bool: return {equal}")
        spelled.append(f'def __repr__(self) -> str: return f"{one.name}({told})"')
    places = [at for node in fields for at in range(node.lineno - 1, node.end_lineno or 0)]
    for number, at in enumerate(places):
        last = number == len(places) - 1
        here = spelled[number:] if last else spelled[number : number + 1]
        lines[at] = "\n".join("    " + line for line in here)


def _init(one: ast.ClassDef, fields: list[ast.AnnAssign]) -> str:
    parameters, body = ["self"], []
    for node in fields:
        name, kind = ast.unparse(node.target), ast.unparse(node.annotation)
        asked, default, made = _value(one, node.value)
        given = name.lstrip("_")
        if not asked:
            if default or made:
                body.append(f"self.{name} = {default or made}")
        elif made:
            parameters.append(f"{given}: {kind} | None = None")
            body.append(f"self.{name} = {made} if {given} is None else {given}")
        else:
            parameters.append(f"{given}: {kind}" + (f" = {default}" if default else ""))
            body.append(f"self.{name} = {given}")
    methods = (node.name for node in one.body if isinstance(node, ast.FunctionDef))
    if "__attrs_post_init__" in methods:
        body.append("self.__attrs_post_init__()")
    return f"def __init__({', '.join(parameters)}) -> None: {'; '.join(body)}"


def _value(one: ast.ClassDef, value: ast.expr | None) -> tuple[bool, str, str]:
    """(is it asked for in `__init__`, its default, the call that makes its default)."""
    if value is None:
        return True, "", ""
    if not isinstance(value, ast.Call):
        return True, ast.unparse(value), ""
    called = ast.unparse(value.func)
    if called == "Factory" and 1 <= len(value.args) <= 2:
        return True, "", _made(value.args[0])
    if called != "field" or value.args:
        raise Unspellable(f"{one.name}: {ast.unparse(value)}")
    asked, default, made = True, "", ""
    for keyword in value.keywords:
        if keyword.arg == "init":
            asked = ast.unparse(keyword.value) == "True"
        elif keyword.arg == "factory":
            made = _made(keyword.value)
        elif keyword.arg == "default":
            _, default, made = _value(one, keyword.value)
        else:
            raise Unspellable(f"{one.name}: field({keyword.arg}=…)")
    return asked, default, made


def _made(factory: ast.expr) -> str:
    """Of a lambda its body; `self` is what it is in `__init__`."""
    return ast.unparse(factory.body if isinstance(factory, ast.Lambda) else factory) + (
        "" if isinstance(factory, ast.Lambda) else "()"
    )
