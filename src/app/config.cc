#include "app/config.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <limits>

#include "app/toml_file.h"

namespace ashlar::app {
namespace {

using base::Code;
using base::fail;
using base::Status;

Status wrong(std::string detail) {
  return fail(Code::kInvalid, "wrong_setting", std::move(detail));
}

template <class T>
Status parse_number(std::string_view text, T low, T high, T& out) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) {
    return wrong("'" + std::string(text) + "' is not a number");
  }
  if (value < low || value > high) {
    return wrong("must be between " + std::to_string(low) + " and " + std::to_string(high));
  }
  out = value;
  return base::ok_status();
}

// A whole number of a unit that `place` counts in.
template <class Place>
Setting number(std::string_view key, std::string_view doc, std::int64_t low, std::int64_t high,
               Place place) {
  return {key, doc,
          [=](Config& config, std::string_view text) -> Status {
            std::int64_t value = 0;
            ASHLAR_TRY(parse_number(text, low, high, value));
            place(config) = static_cast<std::remove_reference_t<decltype(place(config))>>(value);
            return base::ok_status();
          },
          [=](const Config& config) {
            return std::to_string(static_cast<std::int64_t>(place(const_cast<Config&>(config))));
          }};
}

Setting seconds(std::string_view key, std::string_view doc,
                base::Millis http::ServerOptions::* field) {
  return {
      key, doc,
      [=](Config& config, std::string_view text) -> Status {
        std::int64_t value = 0;
        ASHLAR_TRY(parse_number<std::int64_t>(text, 1, 3600, value));
        config.http.*field = base::Seconds{value};
        return base::ok_status();
      },
      [=](const Config& config) { return std::to_string((config.http.*field).count() / 1000); }};
}

template <class Place>
Setting text(std::string_view key, std::string_view doc, Place place) {
  return {key, doc,
          [=](Config& config, std::string_view value) -> Status {
            place(config) = std::string(value);
            return base::ok_status();
          },
          [=](const Config& config) { return place(const_cast<Config&>(config)); }};
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

template <class Place>
Setting list(std::string_view key, std::string_view doc, Place place) {
  return {key, doc,
          [=](Config& config, std::string_view value) -> Status {
            place(config) = split_list(value);
            return base::ok_status();
          },
          [=](const Config& config) { return join_list(place(const_cast<Config&>(config))); }};
}

Status set_listen(Config& config, std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return wrong("'" + std::string(text) + "' is not HOST:PORT");
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host.empty()) return wrong("'" + std::string(text) + "' names no address to listen on");
  std::uint16_t port = 0;
  ASHLAR_TRY(parse_number<std::uint16_t>(text.substr(colon + 1), 0,
                                         std::numeric_limits<std::uint16_t>::max(), port));
  config.http.address = std::string(host);
  config.http.port = port;
  return base::ok_status();
}

Status set_store(Config& config, std::string_view text) {
  const bool postgres = text.starts_with("postgres://") || text.starts_with("postgresql://");
  if (!text.empty() && !postgres) return wrong("must be empty (SQLite) or postgres://…");
  config.store = std::string(text);
  return base::ok_status();
}

Status set_public_url(Config& config, std::string_view text) {
  const bool http = text.starts_with("http://") || text.starts_with("https://");
  if (!text.empty() && (!http || text.find_first_of(" ?#") != std::string_view::npos)) {
    return wrong("must be http://HOST or https://HOST");
  }
  config.public_url = std::string(text);
  while (config.public_url.ends_with('/')) config.public_url.pop_back();
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
  return wrong("must be debug, info, warn, error or off");
}

std::string get_log_level(const Config& config) {
  for (const auto& [name, level] : kLevels) {
    if (level == config.log_level) return std::string(name);
  }
  return {};
}

Status set_bool(bool& out, std::string_view text) {
  if (text != "true" && text != "false") return wrong("must be true or false");
  out = text == "true";
  return base::ok_status();
}

Status set_ratio(Config& config, std::string_view text) {
  char* end = nullptr;
  const std::string copy(text);
  const double value = std::strtod(copy.c_str(), &end);
  if (copy.empty() || *end != '\0' || !(value >= 0.0 && value <= 1.0)) {
    return wrong("must be between 0 and 1");
  }
  config.otlp_sample_ratio = value;
  return base::ok_status();
}

Status set_tenant_origins(Config& config, std::string_view text) {
  auto& rules = config.http.cors.tenant_origins;
  rules.clear();
  for (const std::string& item : split_list(text)) {
    const std::size_t equals = item.find('=');
    if (equals == 0 || equals == std::string::npos)
      return wrong("'" + item + "' is not TENANT=ORIGIN");
    const std::string tenant = item.substr(0, equals);
    auto rule = std::ranges::find(rules, tenant, [](const auto& r) { return r.first; });
    if (rule == rules.end()) rule = rules.insert(rule, {tenant, {}});
    rule->second.push_back(item.substr(equals + 1));
  }
  return base::ok_status();
}

std::string get_tenant_origins(const Config& config) {
  std::vector<std::string> items;
  for (const auto& [tenant, origins] : config.http.cors.tenant_origins) {
    for (const std::string& origin : origins) items.push_back(tenant + "=" + origin);
  }
  return join_list(items);
}

// A password in the URL is nobody's to print.
std::string masked_store(const Config& config) {
  const std::size_t at = config.store.rfind('@');
  const std::size_t scheme = config.store.find("://");
  if (at == std::string::npos) return config.store;
  return config.store.substr(0, scheme + 3) + "***" + config.store.substr(at);
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
      text("metrics.listen", "HOST:PORT for /metrics alone; empty: on the main listener.",
           [](Config& c) -> auto& { return c.metrics_listen; }),
      number("http.io_threads", "Threads that parse and write; one a core is plenty.", 1, 256,
             [](Config& c) -> auto& { return c.http.io_threads; }),
      number("http.max_connections", "Open connections; more are closed at once.", 1, 1'000'000,
             [](Config& c) -> auto& { return c.http.max_connections; }),
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
      {"http.proxy_protocol", "Connections begin with a PROXY v1 or v2 header.",
       [](Config& c, std::string_view t) { return set_bool(c.http.proxy_protocol, t); },
       [](const Config& c) { return std::string(c.http.proxy_protocol ? "true" : "false"); }},
      list("http.trusted_proxies", "Addresses or CIDR blocks whose X-Forwarded-* count.",
           [](Config& c) -> auto& { return c.http.trusted_proxies; }),
      text("tls.certificate", "PEM file with the certificate chain; reloaded when it changes.",
           [](Config& c) -> auto& { return c.http.tls_certificate; }),
      text("tls.private_key", "PEM file with the private key.",
           [](Config& c) -> auto& { return c.http.tls_private_key; }),
      list("cors.origins", "Origins of web pages that may call the API; empty: none.",
           [](Config& c) -> auto& { return c.http.cors.origins; }),
      {"cors.tenant_origins",
       "TENANT=ORIGIN, several of them: replaces cors.origins for that tenant's answers.",
       set_tenant_origins, get_tenant_origins},
  };
}

std::vector<Setting> engine_settings() {
  return {
      text("data", "Folder of everything that is kept (with SQLite).",
           [](Config& c) -> auto& { return c.data_dir; }),
      {"store", "postgres://… for PostgreSQL; empty: SQLite in the data folder.", set_store,
       masked_store},
      number("workers", "Threads that run handlers; most of them wait for storage.", 1, 1024,
             [](Config& c) -> auto& { return c.workers; }),
      number("worker_queue", "Requests that may wait for a worker; more get 503 at once.", 1,
             100'000, [](Config& c) -> auto& { return c.worker_queue; }),
      number("sqlite.readers", "Connections for reading.", 1, 64,
             [](Config& c) -> auto& { return c.sqlite_readers; }),
      number("postgres.connections", "Pooled connections.", 1, 500,
             [](Config& c) -> auto& { return c.postgres_connections; }),
      {"log.level", "debug, info, warn, error or off.", set_log_level, get_log_level},
      text("otlp.endpoint", "Collector for traces, e.g. http://127.0.0.1:4318; empty: none.",
           [](Config& c) -> auto& { return c.otlp_endpoint; }),
      {"otlp.sample_ratio", "Share of traces that begin here and are kept, 0 to 1.", set_ratio,
       [](const Config& c) { return std::to_string(c.otlp_sample_ratio); }},
      number("links.cache_mb", "Memory for codes and their targets.", 1, 1 << 20,
             [](Config& c) -> auto& { return c.links_cache_mb; }),
      number("links.permanent_max_age_s", "How long browsers may keep a 301 or 308.", 0, 31'536'000,
             [](Config& c) -> auto& { return c.links_permanent_max_age_s; }),
  };
}

}  // namespace

std::span<const Setting> settings() {
  static const std::vector<Setting> table = [] {
    std::vector<Setting> all = engine_settings();
    for (Setting& setting : listener_settings()) all.push_back(std::move(setting));
    return all;
  }();
  return table;
}

std::string environment_name(std::string_view key) {
  std::string name = "ASHLAR_";
  for (const char c : key) {
    name += c == '.' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
  }
  return name;
}

Status ConfigLoader::apply(std::string_view key, std::string_view text, std::string_view where) {
  const auto located = [&](std::string_view problem) {
    return wrong(std::string(key) + ": " + std::string(problem) + " (from " + std::string(where) +
                 ")");
  };
  for (const Setting& setting : settings()) {
    if (setting.key != key) continue;
    const Status status = setting.set(config_, text);
    return status.ok() ? base::ok_status() : located(status.error().detail);
  }
  return located("there is no such setting");
}

Status ConfigLoader::apply_file(const std::string& path) {
  ASHLAR_ASSIGN(const std::vector<TomlEntry> entries, read_toml(path));
  for (const TomlEntry& entry : entries) {
    ASHLAR_TRY(apply(entry.key, entry.text, path + ":" + std::to_string(entry.line)));
  }
  return base::ok_status();
}

Status ConfigLoader::apply_environment(const Environment& environment) {
  for (const Setting& setting : settings()) {
    const std::string name = environment_name(setting.key);
    if (const std::optional<std::string> text = environment(name)) {
      ASHLAR_TRY(apply(setting.key, *text, "environment " + name));
    }
  }
  return base::ok_status();
}

base::Result<Config> ConfigLoader::finish() {
  const http::ServerOptions& http = config_.http;
  if (http.tls_certificate.empty() != http.tls_private_key.empty()) {
    return fail(Code::kInvalid, "wrong_setting",
                "tls.certificate and tls.private_key: give both or none");
  }
  if (config_.data_dir.empty()) return fail(Code::kInvalid, "wrong_setting", "data: is empty");
  return config_;
}

std::optional<std::string> process_environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

}  // namespace ashlar::app
