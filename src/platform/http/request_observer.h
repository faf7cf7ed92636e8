// RequestObserver: who wants to know of each request that a worker answered: the feed of heavy
// users (modules/activity). Called on the worker's thread after the answer was made: it must be
// quick and must not block.
#pragma once

namespace ashlar::security {
struct Principal;
}

namespace ashlar::http {

struct Route;

class RequestObserver {
 public:
  virtual ~RequestObserver() = default;
  virtual void on_request(const Route& route, const security::Principal& who) = 0;
};

}  // namespace ashlar::http
