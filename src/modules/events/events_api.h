// EventsApi: the HTTP face of events: parse, call, render. events_wire.cc has the table that names
// them.
//
// Handlers of http/route.h's kinds; any thread.
#pragma once

#include "base/result.h"
#include "platform/http/response.h"

namespace ashlar::http {
class CursorCodec;
struct Call;
}  // namespace ashlar::http

namespace ashlar::events {

struct EventsModule;

class EventsApi {
 public:
  // Both outlive it.
  EventsApi(EventsModule& module, const http::CursorCodec& cursors)
      : module_(module), cursors_(cursors) {}

  base::Result<http::Response> list(http::Call& call) const;
  base::Result<http::Response> consumers(http::Call& call) const;
  base::Result<http::Response> dead_letters(http::Call& call) const;
  base::Result<http::Response> replay_dead(http::Call& call) const;
  base::Result<http::Response> replay(http::Call& call) const;

 private:
  EventsModule& module_;
  const http::CursorCodec& cursors_;
};

}  // namespace ashlar::events
