import type { ProbeAnswer, ProbeSample, RegistryProbe } from '../base/registry-probe.ts';
import type { RegistryEntry, RoleName } from '../manifest/types.ts';
import type { DoctorCheck } from './doctor-types.ts';
import {
  PRODUCT_ADVICE,
  PRODUCT_NAMES,
  readProductVersion,
  recognizeProduct,
} from './recognize-product.ts';
import { failed, passed, skipped, unknown } from './verified-check.ts';

export interface ProbedRegistry {
  readonly role: RoleName;
  readonly entry: Pick<RegistryEntry, 'host' | 'insecure' | 'writePolicy'>;
  readonly sample: ProbeSample | null;
  readonly probe: RegistryProbe;
}

/** What a registry can do, as far as reading shows it; the rest is said to be unseen. */
export function judgeProbe(registry: ProbedRegistry): readonly DoctorCheck[] {
  const { api } = registry.probe;
  if (api.kind === 'failure') return [failed('api', api.message, listHint(api.hint))];
  const reachable = judgeApi(registry, api);
  if (reachable.state === 'failed') return [reachable, ...judgeProduct(registry)];
  return [
    reachable,
    judgeLogin(registry, api),
    judgeHead(registry),
    judgeDigest(registry),
    judgeTags(registry),
    judgeCatalog(registry.probe.catalog),
    judgeReferrers(registry),
    ...(registry.role === 'production' ? [judgeWritePolicy(registry), DELETE] : []),
    ...judgeProduct(registry),
  ];
}

type Answer = Extract<ProbeAnswer, { kind: 'answer' }>;

const DELETE: DoctorCheck = skipped(
  'delete',
  'Whether manifests can be deleted there cannot be seen by reading; olmirror never does it.',
);

function listHint(hint: string | null): readonly string[] {
  return hint === null ? [] : [hint];
}

function isHtml({ headers }: Answer): boolean {
  return /^text\/html/i.test(headers['content-type'] ?? '');
}

function judgeApi({ entry }: ProbedRegistry, answer: Answer): DoctorCheck {
  const { status, headers, loggedIn } = answer;
  if (status === 200 && !isHtml(answer)) {
    const version = headers['docker-distribution-api-version'];
    return passed(
      'api',
      `It speaks the registry API${version === undefined ? '' : ` (${version})`}${entry.insecure ? ', over plain HTTP or unverified TLS as mirror.yaml allows' : ''}.`,
    );
  }
  if (status === 401 || status === 403)
    return failed(
      'api',
      `It refuses ${loggedIn ? 'the login that was found' : 'anonymous readers'} (${status}).`,
      [`Log in: skopeo login ${entry.host}`],
    );
  return failed(
    'api',
    `/v2/ answers ${status}${isHtml(answer) ? ' with a web page' : ''}: that is no registry.`,
    [
      `Check host and port in mirror.yaml, and the proxy before it: curl -i http(s)://${entry.host}/v2/`,
    ],
  );
}

function judgeLogin({ role, entry }: ProbedRegistry, { loggedIn }: Answer): DoctorCheck {
  if (loggedIn) return passed('login', 'Credentials were found and accepted.');
  return passed(
    'login',
    'It lets anonymous readers in; no login was needed.',
    role === 'production'
      ? [`Writing may need one, which no reading can show: skopeo login ${entry.host}`]
      : [],
  );
}

function judgeHead({ sample, probe: { head } }: ProbedRegistry): DoctorCheck {
  if (sample === null || head === null) return noSample('head', 'HEAD of a manifest');
  if (head.kind === 'failure') return unknown('head', head.message, listHint(head.hint));
  const name = `${sample.repository}:${sample.tag}`;
  if (head.status !== 200)
    return unknown(
      'head',
      `HEAD of ${name} answers ${head.status}, so presence is asked by GET, or unknown.`,
    );
  return head.headers['docker-content-digest'] === undefined
    ? passed('head', `HEAD of ${name} gives no digest.`, [
        'olmirror asks by GET instead, which moves each manifest.',
      ])
    : passed('head', 'HEAD of a manifest gives its digest.');
}

function judgeDigest({ sample, probe: { head, get } }: ProbedRegistry): DoctorCheck {
  if (sample === null || get === null) return noSample('digest', 'the digests it names');
  if (get.kind === 'failure') return unknown('digest', get.message, listHint(get.hint));
  const name = `${sample.repository}:${sample.tag}`;
  if (get.status !== 200) return unknown('digest', `GET of ${name} answers ${get.status}.`);
  const named = [get, head].flatMap((answer) =>
    answer?.kind === 'answer' && answer.status === 200
      ? (answer.headers['docker-content-digest'] ?? [])
      : [],
  );
  const wrong = named.find((digest) => digest !== get.digest);
  if (wrong === undefined)
    return passed('digest', 'The digests that it names are those of what it sends.');
  return failed('digest', `It names ${wrong} for ${name} and sends ${get.digest ?? 'nothing'}.`, [
    'Check its storage and any cache or proxy before it: nothing that it says can be relied on.',
  ]);
}

function judgeTags({ sample, probe: { tags } }: ProbedRegistry): DoctorCheck {
  if (sample === null || tags === null) return noSample('tags', 'the list of tags');
  if (tags.kind === 'failure') return unknown('tags', tags.message, listHint(tags.hint));
  if (tags.status !== 200 || tags.listed === null)
    return unknown('tags', `The tags of ${sample.repository} cannot be listed (${tags.status}).`, [
      '`index list`, `index rollback` and signatures need that list.',
    ]);
  if (tags.headers['link'] !== undefined) return passed('tags', 'It lists tags, page by page.');
  return passed('tags', `It lists tags${tags.listed > 1 ? ', all at once' : ''}.`);
}

function judgeCatalog(catalog: ProbeAnswer): DoctorCheck {
  if (catalog.kind === 'answer' && catalog.status === 200 && catalog.listed !== null)
    return passed('catalog', 'It lists its repositories.');
  const why = catalog.kind === 'answer' ? ` (${catalog.status})` : '';
  return passed('catalog', `It does not list its repositories to this user${why}.`, [
    '`audit` looks only at those that Git knows then.',
  ]);
}

function judgeReferrers({ sample, probe: { referrers } }: ProbedRegistry): DoctorCheck {
  if (sample === null || referrers === null) return noSample('referrers', 'the referrers API');
  if (referrers.kind === 'failure')
    return unknown('referrers', referrers.message, listHint(referrers.hint));
  if (referrers.status === 200) return passed('referrers', 'It has the referrers API (OCI 1.1).');
  return passed(
    'referrers',
    `It has no referrers API (${referrers.status}): signatures are found by their tags.`,
  );
}

function judgeWritePolicy({ entry: { writePolicy } }: ProbedRegistry): DoctorCheck {
  return skipped(
    'write-policy',
    `mirror.yaml says writePolicy: ${writePolicy}; whether the registry agrees cannot be seen by reading.`,
  );
}

function judgeProduct({ role, probe }: ProbedRegistry): readonly DoctorCheck[] {
  const answers = Object.values(probe).filter(
    (answer: ProbeAnswer | null): answer is Answer => answer?.kind === 'answer',
  );
  const product = recognizeProduct(answers);
  if (product === null) return [skipped('product', 'It does not say which product it is.')];
  const version = readProductVersion(answers);
  const name = `${PRODUCT_NAMES[product]}${version === null ? '' : ` ${version}`}`;
  return [
    passed(
      'product',
      `It looks like ${name}.`,
      role === 'production' ? PRODUCT_ADVICE[product] : [],
    ),
  ];
}

function noSample(name: DoctorCheck['name'], what: string): DoctorCheck {
  return skipped(name, `No index of this manifest is there yet, so ${what} was not looked at.`);
}
