;; Tells whether a JSON object stands as opm writes it, as opm-text.ts says.
(module
  ;; 1 MB from 0 on, and a page that may be looked at beyond.
  (memory (export "memory") 17)

  ;; How many keys the object before $end has, the inner ones counted; -1 where it does not stand as opm writes it, to a
  ;; space and an escape. It must be JSON. Looks 16 bytes beyond, or as far as a line is indented.
  (func (export "countKeys") (param $end i32) (result i32)
    (local $at i32)
    (local $indent i32)
    (local $keys i32)
    (local $byte i32)
    (loop $next
      (if (i32.ge_u (local.get $at) (local.get $end))
        (then
          (return (select (i32.const -1) (local.get $keys) (local.get $indent)))))
      (local.set $byte (i32.load8_u (local.get $at)))
      (if (i32.eq (local.get $byte) (i32.const 0x22))
        (then
          (local.set $at
            (call $skipString (i32.add (local.get $at) (i32.const 1)) (local.get $end)))
          (br_if $next (local.get $at))
          (return (i32.const -1))))
      ;; A space behind a colon.
      (if (i32.eq (local.get $byte) (i32.const 0x3a))
        (then
          (if (i32.ne (i32.load8_u offset=1 (local.get $at)) (i32.const 0x20))
            (then (return (i32.const -1))))
          (local.set $keys (i32.add (local.get $keys) (i32.const 1)))
          (local.set $at (i32.add (local.get $at) (i32.const 2)))
          (br $next)))
      ;; A bracket or brace that opens: what is empty is closed at once, else what is in it is indented.
      (if (i32.eq (i32.or (local.get $byte) (i32.const 0x20)) (i32.const 0x7b))
        (then
          (if (i32.eq
                (i32.load8_u offset=1 (local.get $at))
                (i32.add (local.get $byte) (i32.const 2)))
            (then
              (local.set $at (i32.add (local.get $at) (i32.const 2)))
              (br $next)))
          (local.set $indent (i32.add (local.get $indent) (i32.const 4)))
          ;; As behind a comma.
          (local.set $byte (i32.const 0x2c))))
      ;; A comma: something begins on the next line.
      (if (i32.eq (local.get $byte) (i32.const 0x2c))
        (then
          (local.set $at (i32.add (local.get $at) (i32.const 1)))
          (if (i32.eqz (call $isIndented (local.get $at) (local.get $indent)))
            (then (return (i32.const -1))))
          (local.set $at
            (i32.add (i32.add (local.get $at) (i32.const 1)) (local.get $indent)))
          (br_if $next (call $begins (local.get $at)))
          (return (i32.const -1))))
      ;; Another line: something closes on it.
      (if (i32.eq (local.get $byte) (i32.const 0x0a))
        (then
          (local.set $indent (i32.sub (local.get $indent) (i32.const 4)))
          (if (i32.lt_s (local.get $indent) (i32.const 0))
            (then (return (i32.const -1))))
          (if (i32.eqz (call $isIndented (local.get $at) (local.get $indent)))
            (then (return (i32.const -1))))
          (local.set $at
            (i32.add (i32.add (local.get $at) (i32.const 1)) (local.get $indent)))
          (if (i32.eqz (call $closes (local.get $at)))
            (then (return (i32.const -1))))
          (local.set $at (i32.add (local.get $at) (i32.const 1)))
          (br $next)))
      ;; White space elsewhere, or something that closes on the same line.
      (if (i32.eqz (call $begins (local.get $at)))
        (then (return (i32.const -1))))
      ;; Of a number or a word.
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br $next))
    (unreachable))

  ;; Whether a line begins here with so many spaces, a multiple of four.
  (func $isIndented (param $at i32) (param $indent i32) (result i32)
    (local $end i32)
    (if (i32.ne (i32.load8_u (local.get $at)) (i32.const 0x0a))
      (then (return (i32.const 0))))
    (local.set $at (i32.add (local.get $at) (i32.const 1)))
    (local.set $end (i32.add (local.get $at) (local.get $indent)))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (if (i32.ne (i32.load (local.get $at)) (i32.const 0x20202020))
          (then (return (i32.const 0))))
        (local.set $at (i32.add (local.get $at) (i32.const 4)))
        (br $next)))
    (i32.const 1))

  ;; Whether here is no white space, and nothing that closes.
  (func $begins (param $at i32) (result i32)
    (i32.and
      (i32.gt_u (i32.load8_u (local.get $at)) (i32.const 0x20))
      (i32.eqz (call $closes (local.get $at)))))

  (func $closes (param $at i32) (result i32)
    (i32.eq
      (i32.or (i32.load8_u (local.get $at)) (i32.const 0x20))
      (i32.const 0x7d)))

  ;; Where the string ends whose content begins here; 0 where something in it is not escaped as opm escapes it.
  (func $skipString (param $at i32) (param $end i32) (result i32)
    (local $bytes v128)
    (local $special i32)
    (local $byte i32)
    (loop $next
      (if (i32.ge_u (local.get $at) (local.get $end))
        (then (return (i32.const 0))))
      (local.set $bytes (v128.load (local.get $at)))
      (local.set $special
        (i8x16.bitmask
          (v128.or
            (v128.or
              (i8x16.eq (local.get $bytes) (i8x16.splat (i32.const 0x22)))
              (i8x16.eq (local.get $bytes) (i8x16.splat (i32.const 0x5c))))
            (i8x16.eq (local.get $bytes) (i8x16.splat (i32.const 0xe2))))))
      (if (i32.eqz (local.get $special))
        (then
          (local.set $at (i32.add (local.get $at) (i32.const 16)))
          (br $next)))
      (local.set $at (i32.add (local.get $at) (i32.ctz (local.get $special))))
      (local.set $byte (i32.load8_u (local.get $at)))
      (if (i32.eq (local.get $byte) (i32.const 0x22))
        (then (return (i32.add (local.get $at) (i32.const 1)))))
      (if (i32.eq (local.get $byte) (i32.const 0x5c))
        (then
          (if (i32.eqz (call $isShort (i32.load8_u offset=1 (local.get $at))))
            (then (return (i32.const 0))))
          (local.set $at (i32.add (local.get $at) (i32.const 2)))
          (br $next)))
      ;; A line separator would be escaped.
      (if (i32.and
            (i32.eq (i32.load8_u offset=1 (local.get $at)) (i32.const 0x80))
            (i32.eq
              (i32.or (i32.load8_u offset=2 (local.get $at)) (i32.const 1))
              (i32.const 0xa9)))
        (then (return (i32.const 0))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br $next))
    (unreachable))

  ;; Whether an escape of two characters that opm writes ends so: a quote, a backslash, or one of bfnrt.
  (func $isShort (param $byte i32) (result i32)
    (if (i32.or
          (i32.eq (local.get $byte) (i32.const 0x22))
          (i32.eq (local.get $byte) (i32.const 0x5c)))
      (then (return (i32.const 1))))
    (i32.and
      (i32.eq (i32.and (local.get $byte) (i32.const 0xe0)) (i32.const 0x60))
      (i32.shr_u
        (i32.const 0x144044)
        (i32.and (local.get $byte) (i32.const 0x1f))))))
