;; FNV-1a of 64 bits. Its memory: one page of bytes of one hash, one page of bytes of four, and their states.
(module
  (memory (export "memory") 3)

  ;; Over the bytes before $end. A state is signed, in and out.
  (func (export "hash") (param $state i64) (param $end i32) (result i64)
    (local $at i32)
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $state
          (i64.mul
            (i64.xor (local.get $state) (i64.load8_u (local.get $at)))
            (i64.const 0x100000001b3)))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $next)))
    (local.get $state))

  ;; Over $count bytes from each of four places. A product takes three cycles, in which a processor begins those of the
  ;; other hashes: four at once take a little longer than one. Four bytes a turn, then the rest.
  (func (export "hashFour") (param $count i32) (param $a0 i32) (param $a1 i32) (param $a2 i32) (param $a3 i32)
    (local $end i32) (local $s0 i64) (local $s1 i64) (local $s2 i64) (local $s3 i64)
    (local.set $s0 (i64.load offset=131072 (i32.const 0)))
    (local.set $s1 (i64.load offset=131080 (i32.const 0)))
    (local.set $s2 (i64.load offset=131088 (i32.const 0)))
    (local.set $s3 (i64.load offset=131096 (i32.const 0)))
    (local.set $end (i32.add (local.get $a0) (i32.and (local.get $count) (i32.const -4))))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $a0) (local.get $end)))
        (local.set $s0 (i64.mul (i64.xor (local.get $s0) (i64.load8_u (local.get $a0))) (i64.const 0x100000001b3)))
        (local.set $s1 (i64.mul (i64.xor (local.get $s1) (i64.load8_u (local.get $a1))) (i64.const 0x100000001b3)))
        (local.set $s2 (i64.mul (i64.xor (local.get $s2) (i64.load8_u (local.get $a2))) (i64.const 0x100000001b3)))
        (local.set $s3 (i64.mul (i64.xor (local.get $s3) (i64.load8_u (local.get $a3))) (i64.const 0x100000001b3)))
        (local.set $s0 (i64.mul (i64.xor (local.get $s0) (i64.load8_u offset=1 (local.get $a0))) (i64.const 0x100000001b3)))
        (local.set $s1 (i64.mul (i64.xor (local.get $s1) (i64.load8_u offset=1 (local.get $a1))) (i64.const 0x100000001b3)))
        (local.set $s2 (i64.mul (i64.xor (local.get $s2) (i64.load8_u offset=1 (local.get $a2))) (i64.const 0x100000001b3)))
        (local.set $s3 (i64.mul (i64.xor (local.get $s3) (i64.load8_u offset=1 (local.get $a3))) (i64.const 0x100000001b3)))
        (local.set $s0 (i64.mul (i64.xor (local.get $s0) (i64.load8_u offset=2 (local.get $a0))) (i64.const 0x100000001b3)))
        (local.set $s1 (i64.mul (i64.xor (local.get $s1) (i64.load8_u offset=2 (local.get $a1))) (i64.const 0x100000001b3)))
        (local.set $s2 (i64.mul (i64.xor (local.get $s2) (i64.load8_u offset=2 (local.get $a2))) (i64.const 0x100000001b3)))
        (local.set $s3 (i64.mul (i64.xor (local.get $s3) (i64.load8_u offset=2 (local.get $a3))) (i64.const 0x100000001b3)))
        (local.set $s0 (i64.mul (i64.xor (local.get $s0) (i64.load8_u offset=3 (local.get $a0))) (i64.const 0x100000001b3)))
        (local.set $s1 (i64.mul (i64.xor (local.get $s1) (i64.load8_u offset=3 (local.get $a1))) (i64.const 0x100000001b3)))
        (local.set $s2 (i64.mul (i64.xor (local.get $s2) (i64.load8_u offset=3 (local.get $a2))) (i64.const 0x100000001b3)))
        (local.set $s3 (i64.mul (i64.xor (local.get $s3) (i64.load8_u offset=3 (local.get $a3))) (i64.const 0x100000001b3)))
        (local.set $a0 (i32.add (local.get $a0) (i32.const 4)))
        (local.set $a1 (i32.add (local.get $a1) (i32.const 4)))
        (local.set $a2 (i32.add (local.get $a2) (i32.const 4)))
        (local.set $a3 (i32.add (local.get $a3) (i32.const 4)))
        (br $next)))
    (local.set $end (i32.add (local.get $a0) (i32.and (local.get $count) (i32.const 3))))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $a0) (local.get $end)))
        (local.set $s0 (i64.mul (i64.xor (local.get $s0) (i64.load8_u (local.get $a0))) (i64.const 0x100000001b3)))
        (local.set $s1 (i64.mul (i64.xor (local.get $s1) (i64.load8_u (local.get $a1))) (i64.const 0x100000001b3)))
        (local.set $s2 (i64.mul (i64.xor (local.get $s2) (i64.load8_u (local.get $a2))) (i64.const 0x100000001b3)))
        (local.set $s3 (i64.mul (i64.xor (local.get $s3) (i64.load8_u (local.get $a3))) (i64.const 0x100000001b3)))
        (local.set $a0 (i32.add (local.get $a0) (i32.const 1)))
        (local.set $a1 (i32.add (local.get $a1) (i32.const 1)))
        (local.set $a2 (i32.add (local.get $a2) (i32.const 1)))
        (local.set $a3 (i32.add (local.get $a3) (i32.const 1)))
        (br $next)))
    (i64.store offset=131072 (i32.const 0) (local.get $s0))
    (i64.store offset=131080 (i32.const 0) (local.get $s1))
    (i64.store offset=131088 (i32.const 0) (local.get $s2))
    (i64.store offset=131096 (i32.const 0) (local.get $s3))))
