// A thread that no signal reaches: signals are for the main thread, and SIGPIPE from a reader that
// went away must not end the program.
#pragma once

#include <functional>
#include <string_view>
#include <thread>

namespace ashlar::obs {

// REQUIRES: `name` has static storage duration.
std::thread start_quiet_thread(std::string_view name, std::function<void()> run);

}  // namespace ashlar::obs
