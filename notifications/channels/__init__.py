"""Ways out: each channel is one small class behind one protocol."""
