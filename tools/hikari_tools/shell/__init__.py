"""The shell: every command of zkCli with its flags, and what people liked of zk_shell.

A command is a function beside its usage (`commands/`); the usage is what is parsed by, completed
by and shown as help. docs/shell.md lists them.
"""
