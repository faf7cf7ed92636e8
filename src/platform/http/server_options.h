// ServerOptions: limits and times of the HTTP server. Every one has a bound; defaults suit a server
// that faces the internet.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/time.h"
#include "platform/http/http_parser.h"

namespace ashlar::http {

struct CorsRules {
  std::vector<std::string> origins;  // exact, "https://app.example.com"; empty: off
  // Per tenant, by name; replaces `origins` for that tenant's answers.
  std::vector<std::pair<std::string, std::vector<std::string>>> tenant_origins;
};

struct ServerOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 8080;  // 0: any free one
  std::size_t io_threads = 1;

  ParserLimits parser;
  std::size_t max_body_bytes = 4 * 1024 * 1024;  // above any route's own limit
  std::size_t max_connections = 20'000;
  std::size_t max_pending_output_bytes = 1024 * 1024;  // unread answers of one connection

  std::size_t refusals_per_s = 15'000;  // of each I/O thread: refusal_pace.h

  base::Millis head_timeout{10'000};   // from the first byte of a request to the end of its head
  base::Millis body_timeout{30'000};   // from the end of the head to the end of the body
  base::Millis idle_timeout{75'000};   // between requests
  base::Millis write_timeout{30'000};  // without progress
  base::Millis drain_timeout{10'000};  // graceful stop: what is not finished then is cut off
  base::Millis heartbeat{15'000};      // comment on idle event streams

  std::string tls_certificate;  // PEM files; both or none
  std::string tls_private_key;
  bool proxy_protocol = false;               // each connection begins with a PROXY v1/v2 header
  std::vector<std::string> trusted_proxies;  // addresses or CIDR blocks that may set X-Forwarded-*
  CorsRules cors;
};

}  // namespace ashlar::http
