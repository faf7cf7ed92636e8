// The modules of the product, put together: adding one is adding its lines in modules.cc.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "platform/http/route.h"
#include "platform/security/tenants.h"

namespace ashlar::http {
class CursorCodec;
class RequestLimiter;
class RequestObserver;
class Router;
}  // namespace ashlar::http

namespace ashlar::limits {
class LimitsModule;
}
namespace ashlar::net {
class LoopGroup;
}
namespace ashlar::payments::profile {
class ProfileModule;
}
namespace ashlar::tasks {
class TasksModule;
}

namespace ashlar::app {

class Installation;
struct Config;

// Every scope that a key may have. A test holds it against the route table.
std::vector<std::string> known_scopes();

// How each module's share of a tenant is exported and erased.
std::vector<security::TenantData> tenant_data();

// What the codes of generated links are made with; the seeding tool of the benches needs it too.
base::Result<std::string> link_code_secret(Installation& ashlar);

class Modules {
 public:
  struct Needs {
    Installation& ashlar;
    const Config& config;
    const http::CursorCodec& cursors;
    std::string public_url;              // what short links begin with
    std::vector<std::string> own_hosts;  // where a link must not lead
  };
  static base::Result<std::unique_ptr<Modules>> make(const Needs& needs);
  ~Modules();
  Modules(const Modules&) = delete;
  Modules& operator=(const Modules&) = delete;

  http::RouteTable routes();
  http::RequestObserver& request_observer();
  http::RequestLimiter& request_limiter();
  limits::LimitsModule& limits();
  tasks::TasksModule& tasks();
  payments::profile::ProfileModule& profile();
  net::LoopGroup* loops();                 // that limits are served on; null: on none
  void watch(const http::Router& router);  // of routes(); before start()
  base::Status start();                    // background work begins; before requests are served
  void close_streams();                    // ends what would keep connections open for ever
  base::Status stop();                     // writes what is still in memory; after the last request

 private:
  struct Parts;
  explicit Modules(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace ashlar::app
