;; Escapes JSON that becomes the content of a JSON string, as escape-json.ts says.
(module
  ;; The bytes to escape from 0 on, no more than a page; behind a second page what becomes of them, at most 7 for each.
  (memory (export "memory") 10)

  ;; Gives the end of what became of the bytes before $end. Looks 16 bytes beyond.
  (func (export "escape") (param $end i32) (result i32)
    (local $from i32)
    (local $to i32)
    (local $bytes v128)
    (local $special i32)
    (local $byte i32)
    (local.set $to (i32.const 0x20000))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $from) (local.get $end)))
        ;; 16 bytes at a time go over as they are, up to the first that may not.
        (local.set $bytes (v128.load (local.get $from)))
        (v128.store (local.get $to) (local.get $bytes))
        (local.set $special (call $find (local.get $bytes)))
        (if (i32.eqz (local.get $special))
          (then
            (local.set $from (i32.add (local.get $from) (i32.const 16)))
            (local.set $to (i32.add (local.get $to) (i32.const 16)))
            (br $next)))
        (local.set $special (i32.ctz (local.get $special)))
        (local.set $from (i32.add (local.get $from) (local.get $special)))
        (local.set $to (i32.add (local.get $to) (local.get $special)))
        (br_if $done (i32.ge_u (local.get $from) (local.get $end)))
        (local.set $byte (i32.load8_u (local.get $from)))
        ;; A quote or a backslash.
        (if (i32.or
              (i32.eq (local.get $byte) (i32.const 0x22))
              (i32.eq (local.get $byte) (i32.const 0x5c)))
          (then
            (i32.store8 (local.get $to) (i32.const 0x5c))
            (i32.store8 offset=1 (local.get $to) (local.get $byte))
            (local.set $from (i32.add (local.get $from) (i32.const 1)))
            (local.set $to (i32.add (local.get $to) (i32.const 2)))
            (br $next)))
        ;; A first byte of three that are no line separator.
        (if (i32.and
              (i32.eq (local.get $byte) (i32.const 0xe2))
              (i32.or
                (i32.ne (i32.load8_u offset=1 (local.get $from)) (i32.const 0x80))
                (i32.ne
                  (i32.or (i32.load8_u offset=2 (local.get $from)) (i32.const 1))
                  (i32.const 0xa9))))
          (then
            (local.set $from (i32.add (local.get $from) (i32.const 1)))
            (local.set $to (i32.add (local.get $to) (i32.const 1)))
            (br $next)))
        ;; The backslash of an escape is escaped itself: \\u003c, \\u003e, \\u0026, \\u2028 or \\u2029.
        (if (i32.eq (local.get $byte) (i32.const 0xe2))
          (then
            (i64.store (local.get $to) (i64.const 0x38_32_30_32_75_5c_5c))
            (i32.store8 offset=6 (local.get $to)
              (i32.sub (i32.load8_u offset=2 (local.get $from)) (i32.const 0x70)))
            (local.set $from (i32.add (local.get $from) (i32.const 2))))
          (else
            (i64.store (local.get $to) (i64.const 0x63_33_30_30_75_5c_5c))
            (if (i32.eq (local.get $byte) (i32.const 0x3e))
              (then (i32.store8 offset=6 (local.get $to) (i32.const 0x65))))
            (if (i32.eq (local.get $byte) (i32.const 0x26))
              (then (i32.store16 offset=5 (local.get $to) (i32.const 0x36_32))))))
        (local.set $from (i32.add (local.get $from) (i32.const 1)))
        (local.set $to (i32.add (local.get $to) (i32.const 7)))
        (br $next)))
    ;; What was looked at beyond the end went over too.
    (i32.sub (local.get $to) (i32.sub (local.get $from) (local.get $end))))

  ;; A bit for each of the bytes that is a quote, a backslash, an ampersand, a less or greater sign, or 0xe2.
  (func $find (param $bytes v128) (result i32)
    (i8x16.bitmask
      (v128.or
        (v128.or
          (v128.or
            (i8x16.eq (local.get $bytes) (i8x16.splat (i32.const 0x22)))
            (i8x16.eq (local.get $bytes) (i8x16.splat (i32.const 0x5c))))
          (i8x16.eq (local.get $bytes) (i8x16.splat (i32.const 0x26))))
        (v128.or
          ;; A less sign is a greater sign less a bit.
          (i8x16.eq
            (v128.or (local.get $bytes) (i8x16.splat (i32.const 2)))
            (i8x16.splat (i32.const 0x3e)))
          (i8x16.eq (local.get $bytes) (i8x16.splat (i32.const 0xe2))))))))
