// host_ascii: a host with letters beyond ASCII in the form that a browser looks up. Pure.
#pragma once

#include <string>
#include <string_view>

namespace ashlar::links::abuse {

// By Unicode's UTS 46 as the URL standard uses it: xn--…, small letters, and full-width letters and
// dots as their ASCII ones. As it is where it is ASCII, no UTF-8, or nothing that could be looked
// up.
std::string host_ascii(std::string_view host);

}  // namespace ashlar::links::abuse
