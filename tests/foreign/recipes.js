// node-zookeeper-client, every call of it, against the addresses that are the first argument.
'use strict';
const zookeeper = require('node-zookeeper-client');
const assert = require('assert');

// Both clients on one member: this client has no sync, and another member may be behind.
const hosts = process.argv[2].split(',')[1];
const promised = (client, name, ...words) =>
  new Promise((resolve, reject) =>
    client[name](...words, (error, ...values) => (error ? reject(error) : resolve(values))));
const connect = () =>
  new Promise((resolve) => {
    const client = zookeeper.createClient(hosts, { sessionTimeout: 8000 });
    client.once('connected', () => resolve(client));
    client.connect();
  });
const code = async (promise) => {
  try {
    await promise;
  } catch (error) {
    return error.getCode();
  }
  return 0;
};
const E = zookeeper.Exception;
const M = zookeeper.CreateMode;
const done = (name) => console.log(`ok ${name}`);

async function main() {
  const one = await connect();
  const two = await connect();

  await promised(one, 'create', '/node', Buffer.from('first'));
  let [data, stat] = await promised(two, 'getData', '/node');
  assert.strictEqual(data.toString(), 'first');
  assert.strictEqual(stat.version, 0);
  done('create and getData');

  [stat] = await promised(one, 'setData', '/node', Buffer.from('second'), 0);
  assert.strictEqual(stat.version, 1);
  assert.strictEqual(await code(promised(one, 'setData', '/node', Buffer.from('x'), 0)), E.BAD_VERSION);
  done('setData by version');

  [stat] = await promised(two, 'exists', '/nothing');
  assert.strictEqual(stat, null);
  assert.strictEqual(await code(promised(one, 'getData', '/nothing')), E.NO_NODE);
  assert.strictEqual(await code(promised(one, 'create', '/node')), E.NODE_EXISTS);
  done('errors');

  const [first] = await promised(one, 'create', '/node/s-', null, M.PERSISTENT_SEQUENTIAL);
  const [second] = await promised(two, 'create', '/node/s-', null, M.PERSISTENT_SEQUENTIAL);
  assert.deepStrictEqual([first, second], ['/node/s-0000000000', '/node/s-0000000001']);
  done('sequential');

  const changed = new Promise((resolve) => two.getChildren('/node', resolve, () => {}));
  const told = new Promise((resolve) => two.getData('/node', resolve, () => {}));
  await promised(two, 'exists', '/node');
  await promised(one, 'create', '/node/more');
  await promised(one, 'setData', '/node', Buffer.from('third'));
  assert.strictEqual((await changed).getType(), zookeeper.Event.NODE_CHILDREN_CHANGED);
  assert.strictEqual((await told).getType(), zookeeper.Event.NODE_DATA_CHANGED);
  done('watches');

  await promised(one, 'mkdirp', '/a/deep/path');
  [stat] = await promised(two, 'exists', '/a/deep/path');
  assert.ok(stat);
  done('mkdirp');

  const ops = two.transaction().check('/node', 2).create('/t', Buffer.from('t')).setData('/t', Buffer.from('u')).remove('/node/more');
  await promised(ops, 'commit');
  [data] = await promised(one, 'getData', '/t');
  assert.strictEqual(data.toString(), 'u');
  assert.notStrictEqual(await code(promised(one.transaction().create('/u').remove('/nothing'), 'commit')), 0);
  [stat] = await promised(one, 'exists', '/u');
  assert.strictEqual(stat, null);
  done('transaction');

  one.addAuthInfo('digest', Buffer.from('bob:secret'));
  await promised(one, 'create', '/private', Buffer.from('p'), zookeeper.ACL.CREATOR_ALL_ACL);
  assert.strictEqual(await code(promised(two, 'getData', '/private')), E.NO_AUTH);
  [data] = await promised(one, 'getData', '/private');
  const [acls] = await promised(one, 'getACL', '/private');
  assert.strictEqual(acls[0].id.scheme, 'digest');
  await promised(one, 'setACL', '/private', zookeeper.ACL.OPEN_ACL_UNSAFE);
  [data] = await promised(two, 'getData', '/private');
  assert.strictEqual(data.toString(), 'p');
  done('ACL and auth');

  await promised(one, 'create', '/gone', null, M.EPHEMERAL);
  const left = new Promise((resolve) => two.exists('/gone', resolve, () => {}));
  await promised(two, 'exists', '/gone');
  one.close();
  assert.strictEqual((await left).getType(), zookeeper.Event.NODE_DELETED);
  done('ephemerals end with their session');

  await promised(two, 'removeRecursive', '/node');
  [stat] = await promised(two, 'exists', '/node');
  assert.strictEqual(stat, null);
  done('removeRecursive');
  two.close();
}

main().then(() => process.exit(0), (error) => {
  console.log(`FAILED ${error.stack}`);
  process.exit(1);
});
