// RefreshAhead: an entry that is read in the last part of its life is renewed in the background,
// so that what is read often is never waited for.
//
// refresh_due(): now >= loaded + at * (expiry - loaded). `at` = 0.8 renews in the last fifth; 1
// never does. One that nobody reads then expires as usual: what is cold costs no loads. The first
// reader after the threshold triggers it every time; XFetch (xfetch.h) spreads by chance instead
// and adapts to the load time. Pure, O(1). A clock that stepped back to before `loaded` finds
// nothing due.
#pragma once

#include <chrono>

#include "base/check.h"
#include "base/time.h"

namespace ashlar::kit {

// REQUIRES: 0 <= at <= 1.
inline bool refresh_due(base::Mono now, base::Mono loaded, base::Mono expiry, double at) {
  CHECK(at >= 0 && at <= 1);
  if (at >= 1 || now < loaded) return false;
  return static_cast<double>((now - loaded).count()) >=
         at * static_cast<double>((expiry - loaded).count());
}

}  // namespace ashlar::kit
