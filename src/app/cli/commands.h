// What each command does, once its arguments are known. Results go to standard output, alone, so
// that scripts can use them; everything else to standard error.
//
// Only serve and tenant_create make a database; on PostgreSQL migrate does, too. These three change
// its schema. backup takes any schema as it is; the others want that of this program.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/config.h"
#include "base/result.h"

namespace ashlar::app {

base::Status serve(const Config& config);
base::Status print_settings(const Config& config);
base::Status migrate(const Config& config, bool dry_run);

base::Status tenant_create(const Config& config, const std::string& name);
base::Status tenant_list(const Config& config);
base::Status tenant_export(const Config& config, const std::string& name);
base::Status tenant_delete(const Config& config, const std::string& name, bool confirmed);

struct KeyCreate {
  std::string tenant;
  std::vector<std::string> scopes;
  std::string name;
  std::string expires_at;  // RFC 3339; empty: never
};
base::Status key_create(const Config& config, const KeyCreate& wanted);
base::Status key_list(const Config& config, const std::string& tenant);
base::Status key_revoke(const Config& config, const std::string& tenant, const std::string& id);

// `tenant` empty: whoever's it is.
base::Status payments_explain(const Config& config, const std::string& tenant,
                              const std::string& id);

base::Status limits_check(const Config& config, const std::string& folder);

base::Status admin_reset_password(const Config& config);  // reads it from standard input
base::Status backup(const Config& config, const std::string& path);

}  // namespace ashlar::app
