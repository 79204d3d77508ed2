"""What the scripts that take pictures wait for."""

from __future__ import annotations

# Colours come in pieces, each asked of the kernel: wait until none has come for two seconds.
COLOURED = """() => new Promise((done) => {
  let [count, since] = [-1, performance.now()];
  const look = () => {
    const now = [...CSS.highlights.values()].reduce((sum, { size }) => sum + size, 0);
    if (now !== count) [count, since] = [now, performance.now()];
    if (performance.now() - since > 2000) done();
    else requestAnimationFrame(look);
  };
  look();
})"""
