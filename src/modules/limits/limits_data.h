// The limits' share of a tenant's data: every kept version of its rules, exported whole, erased in
// small steps. Counts, usage and recorded checks are in memory only, and end by themselves.
#pragma once

#include "platform/security/tenants.h"

namespace ashlar::limits {

security::TenantData limits_tenant_data();

}  // namespace ashlar::limits
