// thread_priority: who waits for a processor when there are fewer than threads that want one.
#pragma once

namespace ashlar::runtime {

// The calling thread lets others of the same machine go first: it never takes the processor from a
// thread that runs (SCHED_BATCH), and gets a third of a usual thread's share while there are more
// threads than processors (nice 5). For workers: an I/O thread answers what is in memory, and
// refuses, in microseconds, and must not stand in line behind sixty of them. Needs no privilege;
// where the system refuses, nothing changes.
void let_others_go_first();

}  // namespace ashlar::runtime
