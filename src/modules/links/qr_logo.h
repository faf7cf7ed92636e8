// QrLogo: the picture in the middle of a tenant's QR codes, or of those of one of its domains.
// Values.
#pragma once

#include <cstdint>
#include <string>

#include "base/time.h"

namespace ashlar::links {

struct QrLogo {
  std::int64_t width = 0, height = 0;
  base::Time updated_at{};
  std::string png{};  // as kept_png() made it (picture.h)
};

}  // namespace ashlar::links
