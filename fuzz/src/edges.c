// Counts the edges that instrumented code runs through: work, by a measure that no other process changes.
#include <stdint.h>

static uint64_t edges;

void __sanitizer_cov_trace_pc(void) { edges++; }

uint64_t setpoint_fuzz_edges(void) { return edges; }
