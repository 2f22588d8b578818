import { type Digest, digestOf, isDigest } from '../base/digest.ts';
import type { ProbeAnswer } from '../base/probe.ts';
import type { RegistryEntry, RoleName } from '../manifest/types.ts';
import type { Finding, RegistryProbes, SampleProbes } from './doctor-types.ts';
import { finding, unanswered } from './finding.ts';
import { judgeLists } from './judge-lists.ts';

export interface JudgeContext {
  readonly role: RoleName;
  readonly entry: RegistryEntry;
  /** Whether the auth files hold a login for this registry. */
  readonly hasLogin: boolean;
}

/** Judges what a registry answered. What was not seen is `unknown`, never guessed. */
export function judgeRegistry(probes: RegistryProbes, context: JudgeContext): readonly Finding[] {
  const api = judgePing(probes.ping, context);
  const known = [judgeTls(context), ...api];
  if (!isUsable(probes.ping)) return known;
  const sample =
    probes.sample === null
      ? [
          finding(
            'sample',
            'unknown',
            'No image could be looked at: no index tag and no image of mirror.yaml could be read there.',
            'Run it again once the registry holds something that mirror.yaml names.',
          ),
        ]
      : judgeSample(probes.sample);
  return [
    ...known,
    ...sample,
    ...judgeLists(probes),
    judgeWritePolicy(context),
    finding(
      'delete',
      'unknown',
      'Whether deleting is possible cannot be seen by HEAD and GET.',
      context.role === 'production'
        ? 'Give the user of olmirror no right to delete in production; olmirror never deletes.'
        : null,
    ),
  ];
}

function isUsable(ping: ProbeAnswer): boolean {
  return ping.state === 'answered' && ping.status === 200;
}

function judgeTls({ entry }: JudgeContext): Finding {
  if (!entry.insecure)
    return finding(
      'tls',
      'ok',
      entry.caFile === null
        ? 'TLS is verified by the authorities of this machine and certs.d.'
        : `TLS is verified by ${entry.caFile} besides the authorities of this machine.`,
    );
  return finding(
    'tls',
    'warning',
    'insecure: true: certificates are not verified, and plain HTTP is taken, which carries passwords in the clear.',
    'Give the certificate authority as caFile in mirror.yaml, and take insecure out.',
  );
}

function judgePing(ping: ProbeAnswer, { entry, hasLogin }: JudgeContext): readonly Finding[] {
  if (ping.state === 'unknown') return [finding('api', 'problem', ping.message, ping.hint)];
  const login = ping.challenges.map(({ scheme }) => scheme).join(', ');
  if (ping.status === 401)
    return [
      finding(
        'login',
        'problem',
        hasLogin
          ? 'The login of the auth files is refused (401).'
          : `A login is wanted (${login || 'of no known kind'}), and the auth files have none for it.`,
        `Log in: skopeo login ${entry.host}`,
      ),
    ];
  if (ping.status !== 200)
    return [
      finding(
        'api',
        'problem',
        `/v2/ answers ${ping.status}, where a container registry answers 200 or 401.`,
        'Check host, port and pathPrefix in mirror.yaml, and any proxy before the registry.',
      ),
    ];
  const version = ping.headers['docker-distribution-api-version'];
  return [
    finding('api', 'ok', `/v2/ answers (${version ?? 'without a version header'}).`),
    judgeLogin(hasLogin, login),
  ];
}

function judgeLogin(hasLogin: boolean, login: string): Finding {
  if (login === '')
    return finding(
      'login',
      hasLogin ? 'ok' : 'warning',
      `It answers without a login${hasLogin ? '; one is in the auth files' : ', and the auth files have none: whether it may push cannot be seen'}.`,
      hasLogin ? null : 'If pushing wants a login, log in as a user who may push.',
    );
  return hasLogin
    ? finding('login', 'ok', `The login of the auth files is taken (${login}).`)
    : finding(
        'login',
        'warning',
        `It takes anonymous reads (${login}); the auth files have no login.`,
        'If pushing wants a login, log in as a user who may push.',
      );
}

function judgeSample(sample: SampleProbes): readonly Finding[] {
  const bytes = readBody(sample.get);
  if (bytes === null) {
    const { get } = sample;
    if (get.state === 'unknown') return [unanswered('get', get)];
    return [
      finding(
        'get',
        'problem',
        `${sample.name} is there by HEAD, but GET answers ${get.status}.`,
        'Push the image again, and check the storage of the registry.',
      ),
    ];
  }
  const digest = digestOf(bytes);
  return [
    judgeHeadDigest(sample, digest),
    judgeTruth(sample, digest),
    ...(sample.byDigest === null ? [] : [judgeByDigest(sample.byDigest, sample.name, digest)]),
    judgeAbsent(sample.absent),
  ];
}

function readBody(answer: ProbeAnswer): Uint8Array | null {
  return answer.state === 'answered' && answer.status === 200 ? answer.body : null;
}

function judgeHeadDigest({ head, name }: SampleProbes, digest: Digest): Finding {
  if (head.state === 'unknown') return unanswered('head', head);
  const given = head.headers['docker-content-digest'];
  if (head.status !== 200)
    return finding(
      'head',
      'warning',
      `HEAD of ${name} answers ${head.status}, though GET has it: olmirror asks by GET then, which is slower.`,
      'Look whether a proxy before the registry refuses HEAD.',
    );
  if (given === undefined || !isDigest(given))
    return finding(
      'head',
      'warning',
      `HEAD of ${name} names no digest: olmirror asks by GET then, which is slower.`,
      'Let proxies before the registry pass the header Docker-Content-Digest.',
    );
  if (given === digest) return finding('head', 'ok', `HEAD names the digest of ${name}.`);
  return finding(
    'head',
    'problem',
    `HEAD of ${name} names ${given}, but its manifest is ${digest}.`,
    'Do not mirror to or from it before that is mended: check its storage and any cache before it.',
  );
}

function judgeTruth({ get, name }: SampleProbes, digest: Digest): Finding {
  const given = get.state === 'answered' ? get.headers['docker-content-digest'] : undefined;
  if (given === undefined)
    return finding(
      'content-digest',
      'warning',
      `GET of ${name} comes without Docker-Content-Digest; olmirror hashes the bytes itself.`,
      'Let proxies before the registry pass the header.',
    );
  if (given === digest)
    return finding('content-digest', 'ok', 'Docker-Content-Digest is that of the bytes.');
  return finding(
    'content-digest',
    'problem',
    `Docker-Content-Digest of ${name} says ${given}, but the bytes have ${digest}.`,
    'Do not mirror to or from it before that is mended: check its storage and any proxy that changes bodies.',
  );
}

function judgeByDigest(answer: ProbeAnswer, name: string, digest: Digest): Finding {
  if (answer.state === 'unknown') return unanswered('by-digest', answer);
  if (answer.status === 200)
    return finding('by-digest', 'ok', 'An image answers to its digest too.');
  return finding(
    'by-digest',
    'problem',
    `${name} is there, but HEAD of its digest ${digest} answers ${answer.status}.`,
    'Clusters pull by digest: check the storage of the registry, or update it (Nexus 3.96.0 and 3.96.1 do this).',
  );
}

function judgeAbsent(answer: ProbeAnswer): Finding {
  if (answer.state === 'unknown') return unanswered('absent', answer);
  if (answer.status === 404)
    return finding('absent', 'ok', 'What is not there is clearly absent (404).');
  return finding(
    'absent',
    answer.status === 200 ? 'problem' : 'warning',
    `HEAD of a digest that nothing has answers ${answer.status} instead of 404: what is absent counts as unknown, so nothing is copied.`,
    answer.status === 401 || answer.status === 403
      ? 'Give the user the right to pull the whole repository.'
      : 'Check any proxy before the registry.',
  );
}

function judgeWritePolicy({ entry, role }: JudgeContext): Finding {
  if (role === 'staging') return finding('write-policy', 'ok', 'olmirror never writes to staging.');
  if (entry.writePolicy !== 'unknown')
    return finding(
      'write-policy',
      entry.writePolicy === 'deny' ? 'warning' : 'ok',
      `mirror.yaml says writePolicy: ${entry.writePolicy}; the registry does not tell it to readers.`,
      entry.writePolicy === 'deny' ? 'Nothing can be copied there until that changes.' : null,
    );
  return finding(
    'write-policy',
    'unknown',
    'Whether tags may be moved cannot be seen by HEAD and GET; it is planned as allow.',
    'Write writePolicy for this registry into mirror.yaml: allow, allow-once or deny.',
  );
}
