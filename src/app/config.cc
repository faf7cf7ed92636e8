#include "app/config.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>

#include "app/setting_kinds.h"
#include "app/toml_file.h"
#include "platform/cache/redis_connection.h"
#include "platform/http/client_address.h"
#include "platform/http/cors.h"
#include "platform/http/http_parser.h"

namespace ashlar::app {
namespace {

using base::Status;

Setting seconds(std::string_view key, std::string_view doc,
                base::Millis http::ServerOptions::* field) {
  return {
      key, doc,
      [=](Config& config, std::string_view text) -> Status {
        std::int64_t value = 0;
        ASHLAR_TRY(parse_number(text, 1, 3600, value));
        config.http.*field = base::Seconds{value};
        return base::ok_status();
      },
      [=](const Config& config) { return std::to_string((config.http.*field).count() / 1000); }};
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    const std::string_view item = text.substr(0, comma);
    if (!item.empty()) out.emplace_back(item);
    text = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
  }
  return out;
}

std::string join_list(const std::vector<std::string>& items) {
  std::string out;
  for (const std::string& item : items) out += (out.empty() ? "" : ",") + item;
  return out;
}

Status set_listen(Config& config, std::string_view text) {
  ASHLAR_ASSIGN(HostPort endpoint, parse_host_port(text));
  config.http.address = std::move(endpoint.address);
  config.http.port = endpoint.port;
  return base::ok_status();
}

// http(s)://HOST[:PORT][/PATH], without what has no meaning in the addresses that we are given.
Status check_url(std::string_view url) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!url.starts_with(scheme)) continue;
    const std::string_view rest = url.substr(scheme.size());
    const bool plain = std::ranges::all_of(
        rest, [](char c) { return c > ' ' && c < 0x7f && c != '?' && c != '#'; });
    if (plain && http::is_valid_host(rest.substr(0, rest.find('/')))) return base::ok_status();
  }
  return wrong_setting("must be http://HOST or https://HOST");
}

Status set_store(Config& config, std::string_view text) {
  const bool postgres = text.starts_with("postgres://") || text.starts_with("postgresql://");
  if (!text.empty() && !postgres) return wrong_setting("must be empty (SQLite) or postgres://…");
  config.store = std::string(text);
  return base::ok_status();
}

Status set_public_url(Config& config, std::string_view text) {
  if (!text.empty()) ASHLAR_TRY(check_url(text));
  config.public_url = std::string(text);
  while (config.public_url.ends_with('/')) config.public_url.pop_back();
  return base::ok_status();
}

Status set_otlp_endpoint(Config& config, std::string_view text) {
  if (!text.empty()) ASHLAR_TRY(check_url(text));
  config.otlp_endpoint = std::string(text);
  return base::ok_status();
}

Status set_data(Config& config, std::string_view text) {
  if (text.empty()) return wrong_setting("is empty");
  config.data_dir = std::string(text);
  return base::ok_status();
}

Status set_trusted_proxies(Config& config, std::string_view text) {
  std::vector<std::string> blocks = split_list(text);
  ASHLAR_TRY(http::TrustedProxies::parse(blocks));
  config.http.trusted_proxies = std::move(blocks);
  return base::ok_status();
}

Status set_origins(Config& config, std::string_view text) {
  std::vector<std::string> origins = split_list(text);
  ASHLAR_TRY(http::CorsPolicy::check({.origins = origins, .tenant_origins = {}}));
  config.http.cors.origins = std::move(origins);
  return base::ok_status();
}

constexpr std::pair<std::string_view, obs::Level> kLevels[] = {{"debug", obs::Level::kDebug},
                                                               {"info", obs::Level::kInfo},
                                                               {"warn", obs::Level::kWarn},
                                                               {"error", obs::Level::kError},
                                                               {"off", obs::Level::kOff}};

Status set_log_level(Config& config, std::string_view text) {
  for (const auto& [name, level] : kLevels) {
    if (name != text) continue;
    config.log_level = level;
    return base::ok_status();
  }
  return wrong_setting("must be debug, info, warn, error or off");
}

std::string get_log_level(const Config& config) {
  for (const auto& [name, level] : kLevels) {
    if (level == config.log_level) return std::string(name);
  }
  return {};
}

Status set_ratio(Config& config, std::string_view text) {
  char* end = nullptr;
  const std::string copy(text);
  const double value = std::strtod(copy.c_str(), &end);
  if (copy.empty() || *end != '\0' || !(value >= 0.0 && value <= 1.0)) {
    return wrong_setting("must be between 0 and 1");
  }
  config.otlp_sample_ratio = value;
  return base::ok_status();
}

Status set_tenant_origins(Config& config, std::string_view text) {
  http::CorsRules found;
  auto& rules = found.tenant_origins;
  for (const std::string& item : split_list(text)) {
    const std::size_t equals = item.find('=');
    if (equals == 0 || equals == std::string::npos)
      return wrong_setting("'" + item + "' is not TENANT=ORIGIN");
    const std::string tenant = item.substr(0, equals);
    auto rule = std::ranges::find(rules, tenant, [](const auto& r) { return r.first; });
    if (rule == rules.end()) rule = rules.insert(rule, {tenant, {}});
    rule->second.push_back(item.substr(equals + 1));
  }
  ASHLAR_TRY(http::CorsPolicy::check(found));
  config.http.cors.tenant_origins = std::move(rules);
  return base::ok_status();
}

std::string get_tenant_origins(const Config& config) {
  std::vector<std::string> items;
  for (const auto& [tenant, origins] : config.http.cors.tenant_origins) {
    for (const std::string& origin : origins) items.push_back(tenant + "=" + origin);
  }
  return join_list(items);
}

Status set_cache_redis(Config& config, std::string_view text) {
  if (!text.empty()) {
    const auto address = cache::parse_redis_url(text);
    if (!address.ok()) return wrong_setting(address.error().detail);
  }
  config.cache_redis = std::string(text);
  return base::ok_status();
}

std::vector<Setting> listener_settings() {
  return {
      {"listen", "HOST:PORT to listen on; port 0 takes any free one.", set_listen,
       [](const Config& c) {
         const bool v6 = c.http.address.find(':') != std::string::npos;
         return (v6 ? "[" + c.http.address + "]" : c.http.address) + ":" +
                std::to_string(c.http.port);
       }},
      {"public_url", "What short links begin with; empty: the address that is listened on.",
       set_public_url, [](const Config& c) { return c.public_url; }},
      listener("metrics.listen", "HOST:PORT for /metrics alone; empty: on the main listener.",
               [](Config& c) -> auto& { return c.metrics_listen; }),
      number("http.io_threads", "Threads that parse and write; one a core is plenty.", 1, 256,
             [](Config& c) -> auto& { return c.http.io_threads; }),
      number("http.max_connections", "Open connections; more are closed at once.", 1, 1'000'000,
             [](Config& c) -> auto& { return c.http.max_connections; }),
      number("http.refusals_per_s",
             "503s that an I/O thread gives to clients that ignore Retry-After; others wait.", 1,
             1'000'000, [](Config& c) -> auto& { return c.http.refusals_per_s; }),
      number("http.max_header_bytes", "All header fields of a request; more is 431.", 1024, 1 << 20,
             [](Config& c) -> auto& { return c.http.parser.max_header_bytes; }),
      number("http.max_body_bytes", "Body of a request, over any route's own limit; more is 413.",
             1024, 1 << 30, [](Config& c) -> auto& { return c.http.max_body_bytes; }),
      seconds("http.head_timeout_s", "From first byte to end of the head.",
              &http::ServerOptions::head_timeout),
      seconds("http.body_timeout_s", "From end of the head to end of the body.",
              &http::ServerOptions::body_timeout),
      seconds("http.idle_timeout_s", "Between requests of a connection.",
              &http::ServerOptions::idle_timeout),
      seconds("http.write_timeout_s", "Without progress in sending an answer.",
              &http::ServerOptions::write_timeout),
      seconds("http.drain_timeout_s", "For requests under way when the server stops.",
              &http::ServerOptions::drain_timeout),
      flag("http.proxy_protocol", "Connections begin with a PROXY v1 or v2 header.",
           [](Config& c) -> auto& { return c.http.proxy_protocol; }),
      {"http.trusted_proxies", "Addresses or CIDR blocks whose X-Forwarded-* count.",
       set_trusted_proxies, [](const Config& c) { return join_list(c.http.trusted_proxies); }},
      text("tls.certificate", "PEM file with the certificate chain; reloaded when it changes.",
           [](Config& c) -> auto& { return c.http.tls_certificate; }),
      text("tls.private_key", "PEM file with the private key.",
           [](Config& c) -> auto& { return c.http.tls_private_key; }),
      {"cors.origins", "Origins of web pages that may call the API; empty: none.", set_origins,
       [](const Config& c) { return join_list(c.http.cors.origins); }},
      {"cors.tenant_origins",
       "TENANT=ORIGIN, several of them: replaces cors.origins for that tenant's answers.",
       set_tenant_origins, get_tenant_origins},
  };
}

std::vector<Setting> engine_settings() {
  return {
      {"data", "Folder of everything that is kept (with SQLite).", set_data,
       [](const Config& c) { return c.data_dir; }},
      {"store", "postgres://… for PostgreSQL; empty: SQLite in the data folder.", set_store,
       [](const Config& c) { return masked(c.store); }, [](const Config& c) { return c.store; }},
      number("workers", "Threads that run handlers; most of them wait for storage.", 1, 1024,
             [](Config& c) -> auto& { return c.workers; }),
      number("worker_queue", "Requests that may wait for a worker; more get 503 at once.", 1,
             100'000, [](Config& c) -> auto& { return c.worker_queue; }),
      flag("admission", "How many requests may wait finds itself; false: always worker_queue.",
           [](Config& c) -> auto& { return c.admission; }),
      number("sqlite.readers", "Connections for reading.", 1, 64,
             [](Config& c) -> auto& { return c.sqlite_readers; }),
      number("postgres.connections", "Pooled connections.", 1, 500,
             [](Config& c) -> auto& { return c.postgres_connections; }),
      {"log.level", "debug, info, warn, error or off.", set_log_level, get_log_level},
      {"otlp.endpoint", "Collector for traces, e.g. http://127.0.0.1:4318; empty: none.",
       set_otlp_endpoint, [](const Config& c) { return c.otlp_endpoint; }},
      {"otlp.sample_ratio", "Share of traces that begin here and are kept, 0 to 1.", set_ratio,
       [](const Config& c) { return shortest(c.otlp_sample_ratio); }},
      {"cache.redis", "redis://[[USER]:PASSWORD@]HOST:PORT[/DB] for a far cache; empty: none.",
       set_cache_redis, [](const Config& c) { return masked(c.cache_redis); },
       [](const Config& c) { return c.cache_redis; }},
      number("cache.redis_connections",
             "Connections to it; one serves thousands of loads a second.", 1, 64,
             [](Config& c) -> auto& { return c.cache_redis_connections; }),
      number("cache.far_ttl_s", "How long a value may stay in the far cache.", 1, 86'400,
             [](Config& c) -> auto& { return c.cache_far_ttl_s; }),
      number("activity.memory_mb", "Memory for counts of activity; beyond it no more is taken.", 16,
             1 << 20, [](Config& c) -> auto& { return c.activity_memory_mb; }),
      number("activity.dimension_mb", "The share of one dimension; exact up to there.", 4, 1 << 16,
             [](Config& c) -> auto& { return c.activity_dimension_mb; }),
  };
}

constexpr std::string_view kEnvironmentPrefix = "ASHLAR_";

// "HTTP" of ASHLAR_HTTP_IO_THREADS.
std::string_view first_word(std::string_view name) {
  name.remove_prefix(kEnvironmentPrefix.size());
  return name.substr(0, name.find('_'));
}

// What is wrong with a file that the server is to read; nullopt: nothing.
std::optional<std::string> unreadable(const std::string& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) return "cannot read " + path + ": it is a folder";
  if (::access(path.c_str(), R_OK) == 0) return std::nullopt;
  return "cannot read " + path + ": " + std::strerror(errno);
}

}  // namespace

std::span<const Setting> settings() {
  static const std::vector<Setting> table = [] {
    std::vector<Setting> all = engine_settings();
    for (Setting& setting : listener_settings()) all.push_back(std::move(setting));
    for (Setting& setting : links_settings()) all.push_back(std::move(setting));
    for (Setting& setting : limits_settings()) all.push_back(std::move(setting));
    for (Setting& setting : async_settings()) all.push_back(std::move(setting));
    for (Setting& setting : documents_settings()) all.push_back(std::move(setting));
    for (Setting& setting : notifications_settings()) all.push_back(std::move(setting));
    for (Setting& setting : payments_settings()) all.push_back(std::move(setting));
    return all;
  }();
  return table;
}

std::string environment_name(std::string_view key) {
  std::string name(kEnvironmentPrefix);
  for (const char c : key) {
    name += c == '.' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
  }
  return name;
}

std::string settings_as_toml(const Config& config) {
  std::string out;
  for (const Setting& setting : settings()) {
    const std::string shown = setting.get(config);
    const bool masked = setting.secret && setting.secret(config) != shown;
    out += (masked ? "# " : "") + std::string(setting.key) + " = " + toml_value(shown) + "    # " +
           std::string(setting.doc) + "\n";
  }
  return out;
}

base::Error ConfigLoader::wrong_at(std::string_view key, std::string_view problem) const {
  const auto where = where_.find(key);
  std::string detail = std::string(key) + ": " + std::string(problem);
  if (where != where_.end()) detail += " (from " + where->second + ")";
  return wrong_setting(std::move(detail));
}

Status ConfigLoader::apply(std::string_view key, std::string_view text, std::string_view where) {
  where_.insert_or_assign(std::string(key), std::string(where));
  for (const Setting& setting : settings()) {
    if (setting.key != key) continue;
    const Status status = setting.set(config_, text);
    return status.ok() ? base::ok_status() : wrong_at(key, status.error().detail);
  }
  return wrong_at(key, "there is no such setting");
}

Status ConfigLoader::apply_file(const std::string& path) {
  ASHLAR_ASSIGN(const std::vector<TomlEntry> entries, read_toml(path));
  for (const TomlEntry& entry : entries) {
    ASHLAR_TRY(apply(entry.key, entry.text, path + ":" + std::to_string(entry.line)));
  }
  return base::ok_status();
}

Status ConfigLoader::apply_environment(const Environment& environment) {
  for (const auto& [name, text] : environment) {
    if (!name.starts_with(kEnvironmentPrefix)) continue;
    bool like_ours = false;
    const Setting* named = nullptr;
    for (const Setting& setting : settings()) {
      const std::string own = environment_name(setting.key);
      like_ours = like_ours || first_word(own) == first_word(name);
      if (own == name) named = &setting;
    }
    if (named != nullptr) {
      ASHLAR_TRY(apply(named->key, text, "environment " + name));
    } else if (like_ours) {
      return wrong_setting(name + ": there is no such setting (from environment)");
    }
  }
  return base::ok_status();
}

Status ConfigLoader::check_tls() const {
  const std::pair<std::string_view, const std::string&> files[] = {
      {"tls.certificate", config_.http.tls_certificate},
      {"tls.private_key", config_.http.tls_private_key}};
  if (files[0].second.empty() != files[1].second.empty()) {
    const bool key_missing = files[1].second.empty();
    return wrong_at(
        files[key_missing ? 0 : 1].first,
        "goes with " + std::string(files[key_missing ? 1 : 0].first) + ": give both or none");
  }
  for (const auto& [key, path] : files) {
    if (path.empty()) continue;
    if (const auto problem = unreadable(path)) return wrong_at(key, *problem);
  }
  return base::ok_status();
}

Status ConfigLoader::check_payments() const {
  const PaymentsConfig& payments = config_.payments;
  const bool asks_stripe =
      std::ranges::find(payments.providers, "stripe") != payments.providers.end();
  if (!asks_stripe || !payments.stripe_key.empty()) return base::ok_status();
  return wrong_at("payments.providers", "stripe needs payments.stripe_key");
}

base::Result<Config> ConfigLoader::finish() {
  ASHLAR_TRY(check_tls());
  ASHLAR_TRY(check_payments());
  return config_;
}

Environment process_environment() {
  Environment found;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    found.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return found;
}

}  // namespace ashlar::app
