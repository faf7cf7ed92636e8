// Hearing: what a provider tells in one webhook, handed to the core notice by notice.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "modules/payments/providers/provider.h"

namespace ashlar::payments {

// Payments::notice.
using Hear = std::function<void(std::string provider, ProviderNotice notice,
                                std::function<void(base::Status)> stored)>;

// `done` once: ok when all are stored, else an error of one of them: then the provider has to tell
// it again. Any thread.
void hear_all(const std::string& provider, std::vector<ProviderNotice> notices, const Hear& hear,
              std::function<void(base::Status)> done);

}  // namespace ashlar::payments
