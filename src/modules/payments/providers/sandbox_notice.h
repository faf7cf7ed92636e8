// SandboxNotice: a notice as the sandbox sends it: JSON, signed (timed_signature.h) in the header
// Sandbox-Signature. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "modules/payments/providers/provider.h"

namespace ashlar::payments {

inline constexpr std::string_view kSandboxSignature = "sandbox-signature";

std::string sandbox_notice_body(const ProviderNotice& notice);
// kInvalid notice_malformed.
base::Result<ProviderNotice> read_sandbox_notice(std::string_view body);

}  // namespace ashlar::payments
