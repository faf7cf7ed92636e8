// links_wiring: what the settings say of links, as their module takes it.
#pragma once

#include "app/modules.h"
#include "modules/links/links_module.h"
#include "platform/cache/far_region.h"

namespace ashlar::app {

links::AbuseOptions abuse_options(const Modules::Needs& needs);
// Absence is not kept: creating a link with a code of one's choice then needs no word to the far
// cache.
cache::FarRegionOptions links_region(const Config& config);

}  // namespace ashlar::app
