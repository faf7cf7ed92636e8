// What payments are made with: settings, and what only this installation knows.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "modules/payments/checkout.h"
#include "modules/payments/payments_module.h"
#include "modules/payments/reconcile/reconcile_module.h"

namespace ashlar::app {

class Installation;
struct Config;

base::Result<payments::PaymentsModule::Options> payments_options(const Config& config,
                                                                 Installation& ashlar,
                                                                 const std::string& public_url);

payments::Checkout::Options checkout_options(const Config& config, Installation& ashlar);

// Those that give their own statements.
std::vector<payments::reconcile::StatementSource> statement_sources(
    const payments::PaymentsModule& payments);

}  // namespace ashlar::app
