// Runs the vendor's two published clients against a running sandbox: list, create, export and remove instances
// and elements, and upload a clone. Prints one line per step; the first that fails ends it with exit 1.
'use strict';

const assert = require('node:assert');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const modules = path.resolve(process.argv[2]);
const work = path.resolve(process.argv[3]);
const url = process.env.CONNECTORCTL_URL;
const user = process.env.CONNECTORCTL_USER_SECRET;
const organization = process.env.CONNECTORCTL_ORGANIZATION_SECRET;
const authorization = `User ${user}, Organization ${organization}`;

async function api(method, route, body) {
  const response = await fetch(`${url}/elements/api-v2/${route}`, {
    method,
    headers: { authorization, 'content-type': 'application/json' },
    body: body && JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, body: text && JSON.parse(text) };
}

async function expect(status, method, route, body) {
  const answer = await api(method, route, body);
  assert.strictEqual(answer.status, status, `${method} ${route}: ${JSON.stringify(answer.body)}`);
  return answer.body;
}

async function instances() {
  const answer = await api('GET', 'instances');
  return answer.status === 404 ? [] : answer.body;
}

const own = async () => (await expect(200, 'GET', 'elements')).filter((element) => element.private);

// An own element, an instance of it, and one of a system element.
async function prepare() {
  await expect(200, 'POST', 'elements/freshdeskv2/clone');
  for (const name of ['one', 'two']) {
    await expect(200, 'POST', 'instances', {
      name,
      element: { key: 'freshdeskv2' },
      configuration: { subdomain: name, username: 'invented-key', password: 'x' },
    });
  }
  assert.strictEqual((await own()).length, 1);
  assert.strictEqual((await instances()).length, 2);
}

// What an export holds of the own element.
function exported(elements) {
  assert.strictEqual(elements.length, 1);
  const [element] = elements;
  assert.strictEqual(element.key, 'freshdeskv2');
  assert.ok(element.configuration.some(({ key }) => key === 'subdomain'), 'the configuration is exported');
}

// The vendor's clients end before their requests do.
async function until(what, condition) {
  for (let tries = 0; tries < 100; tries += 1) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.fail(`${what}: not within 5 s`);
}

const noInstances = async () => (await instances()).length === 0;
const noElements = async () => (await own()).length === 0;
const oneElement = async () => (await own()).length === 1;

async function steps(name, list) {
  for (const [what, step] of list) {
    await step();
    console.log(`${name}: ${what}`);
  }
}

async function core() {
  const { exportAsset, importAsset, deleteAsset } = require(path.join(modules, '@cloudelements/doctor-core'));
  const account = { authorization, baseUrl: url };
  const file = path.join(work, 'core.json');
  const dir = path.join(work, 'core');
  await steps('doctor-core', [
    ['create instances and clone an element', prepare],
    ['export elements to a file', async () => {
      await exportAsset('elements', account, { file });
      exported(JSON.parse(fs.readFileSync(file)));
    }],
    ['export elements to a folder', async () => {
      await exportAsset('elements', account, { dir });
      assert.strictEqual(fs.readdirSync(dir).length, 1);
    }],
    ['remove instances', async () => {
      await deleteAsset('instances', account, []);
      await until('no instances', noInstances);
    }],
    ['remove the element by name', async () => {
      await deleteAsset('elements', account, { name: 'freshdeskv2' });
      await until('no own elements', noElements);
    }],
    ['upload the clone from the file', async () => {
      await importAsset('elements', account, { file });
      await until('an own element', oneElement);
      exported([await expect(200, 'GET', `elements/${(await own())[0].id}`)]);
    }],
    ['upload it again: an update', async () => {
      await importAsset('elements', account, { file });
      await until('an own element', oneElement);
    }],
    ['remove all own elements', async () => {
      await deleteAsset('elements', account, []);
      await until('no own elements', noElements);
    }],
    ['upload the clone from the folder', async () => {
      await importAsset('elements', account, { dir });
      await until('an own element', oneElement);
      await deleteAsset('elements', account, []);
      await until('no own elements', noElements);
    }],
  ]);
}

async function util() {
  const home = path.join(work, 'home');
  fs.mkdirSync(path.join(home, '.doctor'), { recursive: true });
  fs.writeFileSync(path.join(home, '.doctor', 'config.json'), '[]');
  const program = path.join(modules, 'ce-util/src/cli/doctor.js');
  const doctor = (...args) => execFileSync(process.execPath, [program, ...args], {
    cwd: work,
    env: { PATH: process.env.PATH, HOME: home },
    encoding: 'utf8',
    timeout: 60_000,
  });
  const file = path.join(work, 'util.json');
  const dir = path.join(work, 'util');
  await steps('ce-util', [
    ['add and list an account', () => {
      doctor('accounts', 'add', '-n', 'sandbox', '-u', user, '-o', organization, '-b', url);
      assert.match(doctor('accounts', 'list'), /sandbox/);
    }],
    ['create instances and clone an element', prepare],
    ['download elements to a file', () => {
      doctor('download', 'elements', 'sandbox', '-f', file);
      exported(JSON.parse(fs.readFileSync(file)));
    }],
    ['download elements to a folder', () => {
      doctor('download', 'elements', 'sandbox', '-d', dir);
      assert.strictEqual(fs.readdirSync(dir).length, 1);
    }],
    ['download everything', () => {
      doctor('download', 'all', 'sandbox', '-f', path.join(work, 'all.json'));
      exported(JSON.parse(fs.readFileSync(path.join(work, 'all.json'))).elements);
    }],
    ['delete instances', async () => {
      doctor('delete', 'instances', 'sandbox');
      await until('no instances', noInstances);
    }],
    ['delete elements', async () => {
      doctor('delete', 'elements', 'sandbox');
      await until('no own elements', noElements);
    }],
    ['upload the clone from the file', async () => {
      doctor('upload', 'elements', 'sandbox', '-f', file);
      await until('an own element', oneElement);
      exported([await expect(200, 'GET', `elements/${(await own())[0].id}`)]);
    }],
    ['upload it again: an update', async () => {
      doctor('upload', 'elements', 'sandbox', '-f', file);
      await until('an own element', oneElement);
    }],
  ]);
}

core()
  .then(util)
  .then(() => process.exit(0))
  .catch((error) => {
    console.error(error);
    process.exit(1);
  });
