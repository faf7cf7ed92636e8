// Config: every setting of Ashlar, each from a file (TOML), the environment and the command line.
//
// Later wins: built-in default < --config FILE < ASHLAR_… environment < command line. A setting
// that is unknown or wrong stops the start with one line that names it and where it came from; so
// nothing that is read from here can be wrong by its form when the server uses it.
//
// In the environment a name is taken for a setting's when its first word after ASHLAR_ is that of
// one: ASHLAR_HTTP_IO_THREAD is a mistake, ASHLAR_PORT (which Kubernetes sets for a service of our
// name) and ASHLAR_BUILD (of our own tests) are no business of ours.
//
// docs/OPERATIONS.md lists them; `ashlar serve --print-settings` prints what is in force, as
// such a file.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/async_settings.h"
#include "app/documents_settings.h"
#include "app/limits_settings.h"
#include "app/links_settings.h"
#include "app/notifications_settings.h"
#include "app/payments_settings.h"
#include "base/result.h"
#include "platform/http/server_options.h"
#include "platform/observability/log.h"

namespace ashlar::app {

struct Config {
  std::string data_dir = "data";
  std::string store;           // "": SQLite in data_dir; else postgres://…
  std::string public_url;      // "": the address that is listened on
  std::string metrics_listen;  // "": /metrics on the main listener

  http::ServerOptions http;
  std::size_t workers = 64;
  std::size_t worker_queue = 256;
  bool admission = true;
  std::size_t sqlite_readers = 4;
  std::size_t postgres_connections = 16;

  obs::Level log_level = obs::Level::kInfo;
  std::string otlp_endpoint;
  double otlp_sample_ratio = 0.01;

  std::string cache_redis;  // "": no far cache; else redis://…
  std::int64_t cache_redis_connections = 4;
  std::int64_t cache_far_ttl_s = 60;

  std::size_t activity_memory_mb = 512;
  std::size_t activity_dimension_mb = 32;

  LinksConfig links;
  LimitsConfig limits;
  AsyncConfig async;
  DocumentsConfig documents;
  NotificationsConfig notifications;
  PaymentsConfig payments;
};

// One row of the table of settings.
struct Setting {
  std::string_view key;  // "http.idle_timeout_s"; in the environment ASHLAR_HTTP_IDLE_TIMEOUT_S
  std::string_view doc;
  std::function<base::Status(Config&, std::string_view text)> set;
  std::function<std::string(const Config&)> get;       // what may be a password, masked
  std::function<std::string(const Config&)> secret{};  // what `get` masks; empty: nothing is masked
};
std::span<const Setting> settings();
std::string environment_name(std::string_view key);
// A file for apply_file() that says all of it, each line with what the setting is for. A setting
// that holds a password is a comment, with the password masked.
std::string settings_as_toml(const Config& config);

// The variables of a process: name and value.
using Environment = std::vector<std::pair<std::string, std::string>>;
Environment process_environment();

// Errors: kInvalid wrong_setting, detail "KEY: what is wrong (from WHERE)".
class ConfigLoader {
 public:
  base::Status apply_file(const std::string& path);
  base::Status apply_environment(const Environment& environment);
  base::Status apply(std::string_view key, std::string_view text, std::string_view where);
  // Checks what involves several settings, or files that a setting names.
  base::Result<Config> finish();

 private:
  [[nodiscard]] base::Error wrong_at(std::string_view key, std::string_view problem) const;
  [[nodiscard]] base::Status check_tls() const;
  [[nodiscard]] base::Status check_payments() const;

  Config config_;
  std::map<std::string, std::string, std::less<>> where_;  // of each that was set, by key
};

}  // namespace ashlar::app
