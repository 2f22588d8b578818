// Tables of credentials-contract.test.ts: auth files as JSON, and credential helpers.
import { AUTH, auths, type CredentialCase, DOCKER, encode, entry } from './credential-cases.ts';

const U = encode('u:p');

/** A case of one auth file with this text. */
function file(name: string, content: string, expected: string): CredentialCase {
  return { name, files: { [AUTH]: content }, expected };
}

export const JSONS: readonly CredentialCase[] = [
  file('an empty file', '', 'fails'),
  file('white space', ' \n', 'fails'),
  file('null', 'null', 'anonymous'),
  file('an array', '[]', 'fails'),
  file('a string', '"x"', 'fails'),
  file('an empty object', '{}', 'anonymous'),
  file('a cut object', '{"auths": {', 'fails'),
  file('a comment', '{} // x', 'fails'),
  file('a byte order mark', '\ufeff{}', 'fails'),
  file('auths of null', '{"auths": null}', 'anonymous'),
  file('auths of an array', '{"auths": []}', 'fails'),
  file('an entry of text', `{"auths": {"other": "x", "H": {"auth": "${U}"}}}`, 'fails'),
  file('an auth of a number', `{"auths": {"other": {"auth": 1}, "H": {"auth": "${U}"}}}`, 'fails'),
  file('fields of others', `{"x": [1], "auths": {"H": {"email": 5, "auth": "${U}"}}}`, 'u:p'),
  file('Auths', `{"Auths": {"H": {"Auth": "${U}"}}}`, 'u:p'),
  file('AUTHS', `{"AUTHS": {"H": {"AUTH": "${U}"}}}`, 'u:p'),
  file('aUtHs with a long s', `{"auth\u017f": {"H": {"auth": "${U}"}}}`, 'u:p'),
  file('auths with an escape', `{"\\u0061uths": {"H": {"auth": "${U}"}}}`, 'u:p'),
  file('two auths add up', `{"auths": {"H": {"auth": "${U}"}}, "auths": {"x": {}}}`, 'u:p'),
  file(
    'in two spellings too',
    `{"auths": {"H": {"auth": "${U}"}}, "AUTHS": {"H": {}}}`,
    'anonymous',
  ),
  file('null empties auths', `{"auths": {"H": {"auth": "${U}"}}, "auths": null}`, 'anonymous'),
  file('the last of two entries', `{"auths": {"H": {"auth": "x"}, "H": {"auth": "${U}"}}}`, 'u:p'),
  file('entries are not joined', `{"auths": {"H": {"auth": "${U}"}, "H": {}}}`, 'anonymous'),
  file('the last of two auth', `{"auths": {"H": {"auth": "x", "auth": "${U}"}}}`, 'u:p'),
  file('null leaves auth', `{"auths": {"H": {"auth": "${U}", "auth": null}}}`, 'u:p'),
  file('__proto__', `{"__proto__": {"auths": {"H": {"auth": "${U}"}}}}`, 'anonymous'),
];

/** A helper `demo` for the host, in a file that has an entry for the host besides. */
function helper(name: string, script: string, expected: string): CredentialCase {
  return {
    name,
    files: {
      [AUTH]: { credHelpers: { H: 'demo' }, auths: { H: entry('entry:p') } },
      [DOCKER]: auths({ H: entry('docker:p') }),
      'bin/docker-credential-demo': `#!/bin/sh\n${script}\n`,
    },
    expected,
  };
}

export const HELPERS: readonly CredentialCase[] = [
  helper('a helper comes before entries', `echo '{"Username":"h","Secret":"s"}'`, 'h:s'),
  helper(
    'it is asked for the host',
    'read h; echo "{\\"Username\\":\\"${h%%:*}\\",\\"Secret\\":\\"s\\"}"',
    '127.0.0.1:s',
  ),
  helper('one that answers more than JSON', `echo '{"Username":"h","Secret":"s"} bye'`, 'h:s'),
  helper('one that answers in small letters', `echo '{"username":"h","secret":"s"}'`, 'h:s'),
  helper('one that gives a number', `echo '{"Username":"h","Secret":5}'`, 'fails'),
  helper('one that gives no JSON', 'echo hello', 'fails'),
  helper('one that says nothing', 'true', 'fails'),
  helper('one that gives null', 'echo null', 'docker:p'),
  helper('one that gives nothing', `echo '{}'`, 'docker:p'),
  helper(
    'one that has none',
    'echo "credentials not found in native keychain"; exit 1',
    'docker:p',
  ),
  helper('one that says so otherwise', 'echo "Credentials not found."; exit 1', 'fails'),
  helper(
    'one that says so and succeeds',
    'echo "credentials not found in native keychain"',
    'fails',
  ),
  helper('one that fails', 'echo "no keychain"; exit 3', 'fails'),
  helper(
    'one whose user is a token, for Basic',
    `echo '{"Username":"<token>","Secret":"s"}'`,
    'anonymous',
  ),
  helper(
    'one that needs the environment',
    `echo "{\\"Username\\":\\"$WHO\\",\\"Secret\\":\\"s\\"}"`,
    'me:s',
  ),
  {
    name: 'a helper that is not there',
    files: { [AUTH]: { credHelpers: { H: 'absent' } } },
    expected: 'fails',
  },
  {
    name: 'a helper for a repository is none',
    files: { [AUTH]: { credHelpers: { 'H/team': 'absent' }, auths: { H: entry('entry:p') } } },
    expected: 'entry:p',
  },
  {
    name: 'credhelpers in small letters',
    files: {
      [AUTH]: { credhelpers: { H: 'demo' } },
      'bin/docker-credential-demo': '#!/bin/sh\necho \'{"Username":"h","Secret":"s"}\'\n',
    },
    expected: 'h:s',
  },
  {
    name: 'a helper of no name',
    files: { [AUTH]: { credHelpers: { H: null }, auths: { H: entry('entry:p') } } },
    expected: 'fails',
  },
];
