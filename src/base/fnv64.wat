;; FNV-1a of 64 bits over the bytes before $end. A state is signed, in and out.
(module
  (memory (export "memory") 1)
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
    (local.get $state)))
