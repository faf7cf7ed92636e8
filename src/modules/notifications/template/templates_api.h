// TemplatesApi: the HTTP face of templates: parse, call, render. templates_wire.cc has the table
// that names them.
//
// Handlers of http/route.h's kinds; any thread.
#pragma once

#include "base/result.h"
#include "platform/http/response.h"
#include "platform/http/route.h"

namespace ashlar::http {
class CursorCodec;
struct Call;
}  // namespace ashlar::http
namespace ashlar::storage {
class Database;
class Transaction;
}  // namespace ashlar::storage
namespace ashlar::zone {
class ZoneDirectory;
}

namespace ashlar::notifications {

class Notifications;
class Templates;
struct PreviewTemplateJson;

// All by reference outlives the table.
struct TemplateRoutes {
  Templates& templates;
  const Notifications& notifications;
  storage::Database& db;
  zone::ZoneDirectory& zones;
  const base::Clock& clock;
  const http::CursorCodec& cursors;
};
http::RouteTable template_routes(const TemplateRoutes& parts);  // templates_wire.cc

class TemplatesApi {
 public:
  explicit TemplatesApi(const TemplateRoutes& parts) : parts_(parts) {}

  base::Result<http::Response> list(http::Call& call) const;
  base::Result<http::Response> get(http::Call& call) const;
  base::Result<http::Response> put(http::Call& call, storage::Transaction& tx) const;
  base::Result<http::Response> remove(http::Call& call, storage::Transaction& tx) const;
  base::Result<http::Response> versions(http::Call& call) const;
  base::Result<http::Response> version(http::Call& call) const;
  base::Result<http::Response> publish(http::Call& call, storage::Transaction& tx) const;
  base::Result<http::Response> preview(http::Call& call) const;
  base::Result<http::Response> test(http::Call& call, storage::Transaction& tx) const;

 private:
  base::Result<http::Response> shown(storage::Transaction& tx, std::string_view key,
                                     std::int64_t version) const;

  TemplateRoutes parts_;
};

}  // namespace ashlar::notifications
