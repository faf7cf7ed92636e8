// How a redirect's target is written in the far cache. Change kRedirectFormat with it.
//
// What is read back is held to what a target may be (it goes into a Location header): anything else
// counts as not there. So does a special link: its settings, which may hold a password's hash, stay
// in the database and in the memory of who answers by them.
#pragma once

#include "modules/links/link.h"
#include "platform/cache/read_through.h"

namespace ashlar::links {

inline constexpr const char* kRedirectFormat = "rt02";

cache::Codec<RedirectTarget> redirect_codec();

}  // namespace ashlar::links
