/** Documents in the styles of the tools that write catalogs, for the tests of reading YAML. */
export const YAML_SAMPLES: readonly string[] = [
  `---
defaultChannel: stable
icon:
  base64data: iVBORw0KGgoAAAANSUhEUgAAAFAAAAAoCAYAAABpYH0BAAAA==
  mediatype: image/png
name: foo
schema: olm.package
`,
  `entries:
- name: foo.v1.10.0
  replaces: foo.v1.9.1
  skipRange: '>=1.0.0 <1.10.0'
  skips:
  - foo.v1.9.0
  -   foo.v1.8.0
- {}
name: stable
package: foo
schema: olm.channel
`,
  `# A comment
image: quay.io/example/foo@sha256:6e2e813b7ca426a793da717d42f3620edbc3eaa84be710600f2a5262924378b4
name: foo.v1.10.0   # another one
properties:
- type: olm.gvk
  value: {}
- type: olm.csv.metadata
  value:
    annotations:
      alm-examples: |-
        [
          {
            "apiVersion": "example.com/v1",

            "kind": "Foo" # no comment
          }
        ]
      "capabilities": Basic Install
      'certified': "false"
      containerImage: "a\\tb\\n\\u00e9\\U0001F600 \\
        c\\
        \\ d"
      description: A long description that goes on
        and on, over several lines,

        and paragraphs:not
      repository:
    apiServiceDefinitions: {}
    description: "Double quoted
      text, folded

      twice   
      over"
    displayName: 'It''s single
      quoted'
    installModes:
    - supported: true
      type: OwnNamespace
    -
      supported: no
      type: SingleNamespace
    keywords: []
    links:
      - name: Home
        url: https://example.com/#anchor

      - name: Ünïcode 😀 and 日本
        url: http://example.com:8080/a?b=c
    minKubeVersion: 1.16.0
`,
  `a: |
  literal

   more

b: >
  folded
  text

    spaced
  again


  last
c: |+

  kept

d: >-
  stripped

e: |2-
    two more
   one more
f:
- |
 one
- >2+

   odd

- - nested
  - - twice
    - a: b
      c:
      - d
      -
      - e
g:
  plain on
  the next line
h:
  "quoted on the next line"
i: '
  folds at once

  '
`,
  `int: 1
octal: 0777
hex: 0x1F
under: 1_000
big: 12345678901234567890
float: 1.0
exp: 1e3
negative: -5
zero: -0
yes: y
on: off
nothing: ~
1: one
1.5: x
__proto__: {}
constructor: []
date: 2024-01-01
base60: 190:20:30
version: 1.2.3
dotted: .5
merge: <<
int: 2
empty: ""
`,
];
