// The banner: what a person sees when the server has started.
//
// While no administrator exists it offers a new one-time link to the console (30 minutes; the one
// before it dies). The first start of an empty installation makes the sample tenant `demo` with a
// key and shows the key: this is the only time that it is seen.
#pragma once

#include <string>

#include "base/result.h"

namespace ashlar::app {

class Installation;

inline constexpr const char* kSampleTenant = "demo";

// `listened`: where this process is reached; `origin`: what the outside calls it (public_url, or
// the same). Everything that a person may follow or copy begins with the latter.
base::Result<std::string> make_banner(Installation& ashlar, const std::string& listened,
                                      const std::string& origin);

}  // namespace ashlar::app
