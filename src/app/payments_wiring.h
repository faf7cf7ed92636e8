// What payments are made with: settings, and what only this installation knows.
#pragma once

#include <string>

#include "base/result.h"
#include "modules/payments/payments_module.h"

namespace ashlar::app {

class Installation;
struct Config;

base::Result<payments::PaymentsModule::Options> payments_options(const Config& config,
                                                                 Installation& ashlar,
                                                                 const std::string& public_url);

}  // namespace ashlar::app
