// LoadingEntry: what a LoadingCache keeps of a load: the value, or that there is none, or why it
// failed; and when it was loaded, until when it is fresh.
#pragma once

#include <chrono>
#include <memory>
#include <utility>
#include <variant>

#include "base/time.h"
#include "kit/cache/loading_types.h"

namespace ashlar::kit {

struct LoadTimes {
  base::Mono loaded;  // the begin of the load
  base::Mono fresh_until;
  base::Mono retry_at = base::Mono::min();  // after a failure: no new load before it
  std::chrono::nanoseconds took{0};
};

// No wrapping: what would lie past the end of time ends there.
inline std::chrono::nanoseconds add_saturated(std::chrono::nanoseconds a,
                                              std::chrono::nanoseconds b) {
  std::chrono::nanoseconds::rep sum = 0;
  if (__builtin_add_overflow(a.count(), b.count(), &sum)) {
    return b.count() < 0 ? std::chrono::nanoseconds::min() : std::chrono::nanoseconds::max();
  }
  return std::chrono::nanoseconds{sum};
}
inline base::Mono add_saturated(base::Mono a, std::chrono::nanoseconds b) {
  return base::Mono{add_saturated(a.time_since_epoch(), b)};
}

template <class Value, class Error>
struct LoadingEntry {
  using Load = Loaded<Value, Error>;
  using Found = Lookup<Value, Error>;
  struct Absent {};

  std::variant<Absent, Value, std::shared_ptr<const Error>> what;
  LoadTimes times;

  LoadingEntry(const Load& load, base::Mono loaded, std::chrono::nanoseconds life)
      : times{.loaded = loaded, .fresh_until = add_saturated(loaded, life), .took = load.took} {
    if (load.kind == Load::Kind::kFound) what.template emplace<1>(*load.value);
    if (load.kind == Load::Kind::kFailed) what.template emplace<2>(load.error);
  }

  // Sets what `found` says, not where it is from.
  void tell(Found& found) const {
    if (what.index() == 0) {
      found.kind = Found::Kind::kAbsent;
    } else if (const Value* value = std::get_if<1>(&what)) {
      found.kind = Found::Kind::kValue;
      found.value.emplace(*value);
    } else {
      found.kind = Found::Kind::kError;
      found.error = *std::get_if<2>(&what);
    }
  }

  [[nodiscard]] Load as_loaded() const {
    Load load = Load::absent();
    if (const Value* value = std::get_if<1>(&what)) load = Load::found(*value);
    if (const auto* error = std::get_if<2>(&what)) load = {Load::Kind::kFailed, {}, *error};
    return load;
  }
};

}  // namespace ashlar::kit
