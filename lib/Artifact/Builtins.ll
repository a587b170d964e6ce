; What some processors have as an instruction and others must compute: the C
; library's rounding functions and fused multiply-add on float, exactly as IEEE
; 754 defines them. The bodies must not use the operation they stand for.

; Below 2^23 the sum with 2^23 has no fraction, so the addition rounds; the
; larger ones, infinities and NaN are what they are. The sign survives on zero.
define internal float @roundevenf(float %x) {
  %magnitude = call float @llvm.fabs.f32(float %x)
  %has_fraction = fcmp olt float %magnitude, 0x4160000000000000
  br i1 %has_fraction, label %round, label %keep
keep:
  ret float %x
round:
  %up = fadd float %magnitude, 0x4160000000000000
  %rounded = fsub float %up, 0x4160000000000000
  %result = call float @llvm.copysign.f32(float %rounded, float %x)
  ret float %result
}

define internal float @rintf(float %x) {
  %result = call float @roundevenf(float %x)
  ret float %result
}

define internal float @nearbyintf(float %x) {
  %result = call float @roundevenf(float %x)
  ret float %result
}

define internal float @floorf(float %x) {
  %rounded = call float @roundevenf(float %x)
  %is_above = fcmp ogt float %rounded, %x
  %below = fsub float %rounded, 1.0
  %chosen = select i1 %is_above, float %below, float %rounded
  %result = call float @llvm.copysign.f32(float %chosen, float %x)
  ret float %result
}

define internal float @ceilf(float %x) {
  %rounded = call float @roundevenf(float %x)
  %is_below = fcmp olt float %rounded, %x
  %above = fadd float %rounded, 1.0
  %chosen = select i1 %is_below, float %above, float %rounded
  %result = call float @llvm.copysign.f32(float %chosen, float %x)
  ret float %result
}

define internal float @truncf(float %x) {
  %magnitude = call float @llvm.fabs.f32(float %x)
  %below = call float @floorf(float %magnitude)
  %result = call float @llvm.copysign.f32(float %below, float %x)
  ret float %result
}

; The product of two floats is exact in double. The sum is rounded to odd there
; (Boldo and Melquiond, "Emulation of FMA and correctly rounded sums", 2008):
; then rounding once more, to float, gives the correctly rounded result.
define internal float @fmaf(float %a, float %b, float %c) {
  %a.wide = fpext float %a to double
  %b.wide = fpext float %b to double
  %c.wide = fpext float %c to double
  %product = fmul double %a.wide, %b.wide
  %sum = fadd double %product, %c.wide
  ; What the addition lost: Knuth's TwoSum. NaN when the sum is not finite.
  %c.part = fsub double %sum, %product
  %product.part = fsub double %sum, %c.part
  %c.lost = fsub double %c.wide, %c.part
  %product.lost = fsub double %product, %product.part
  %lost = fadd double %c.lost, %product.lost
  %is_inexact = fcmp one double %lost, 0.0
  %bits = bitcast double %sum to i64
  %last = and i64 %bits, 1
  %is_even = icmp eq i64 %last, 0
  %must_move = and i1 %is_inexact, %is_even
  %sum.negative = icmp slt i64 %bits, 0
  %lost.negative = fcmp olt double %lost, 0.0
  %inwards = xor i1 %sum.negative, %lost.negative
  %step = select i1 %inwards, i64 -1, i64 1
  %moved = add i64 %bits, %step
  %odd.bits = select i1 %must_move, i64 %moved, i64 %bits
  %odd = bitcast i64 %odd.bits to double
  %result = fptrunc double %odd to float
  ret float %result
}

declare float @llvm.fabs.f32(float)
declare float @llvm.copysign.f32(float, float)
