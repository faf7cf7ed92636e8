// The jobs of a tenant as a share in its data (security/tenants.h): live ones, history, failed
// attempts and the settings of queues are exported; counts and notes are not, being made anew.
#pragma once

#include <span>

#include "platform/security/tenants.h"

namespace ashlar::storage {
struct Sql;
}

namespace ashlar::jobs {

security::TenantData jobs_tenant_data();

std::span<const storage::Sql* const> data_statements();

}  // namespace ashlar::jobs
