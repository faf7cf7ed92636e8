// A thread that no signal reaches: signals are for the main thread, and SIGPIPE from a reader that went
// away must not end the program.
#pragma once

#include <functional>
#include <thread>

namespace ashlar::obs {

std::thread start_quiet_thread(std::function<void()> run);

}  // namespace ashlar::obs
