// CHECK: what must be true for the program to make sense.
//
// A failed CHECK is a programmer's error: it prints the place and the condition and aborts, in
// every build. Input (from the network, a file, a user, the database) never reaches one; what may
// fail is a Result (base/result.h). After an abort nothing acknowledged is lost: storage answers
// only after fsync.
#pragma once

namespace ashlar::base {

[[noreturn]] void check_failed(const char* condition, const char* file, int line) noexcept;

}  // namespace ashlar::base

#define CHECK(condition)                             \
  (__builtin_expect(static_cast<bool>(condition), 1) \
       ? static_cast<void>(0)                        \
       : ::ashlar::base::check_failed(#condition, __FILE__, __LINE__))
