// Exchange: one request that left the I/O thread, and the way back for its answer.
//
// Owned by the task that works on it. Its views point into the connection's input buffer, which the
// connection leaves alone until complete(), start_stream() or upgrade(): exactly one of them is
// called, once.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "base/time.h"
#include "platform/http/caller_terms.h"
#include "platform/http/http_parser.h"
#include "platform/http/response.h"
#include "platform/http/response_head.h"
#include "platform/http/router.h"

namespace ashlar::http {

class EventStream;
struct WebSocketUpgrade;  // web_socket_connection.h

// Where the answer of an Exchange goes; the connection's face towards other threads.
class AnswerSink {
 public:
  virtual ~AnswerSink() = default;
  virtual void complete(Response response) = 0;
  // Sends the head of an SSE answer, with these headers besides its own, and hands out its stream.
  virtual std::shared_ptr<EventStream> start_stream(HeaderList headers) = 0;
  // Whether the client has closed its side since the request came. Any thread.
  [[nodiscard]] virtual bool client_gone() const = 0;
  // Answers 101 and gives the connection away.
  virtual void upgrade(WebSocketUpgrade upgrade) = 0;
};

struct Exchange {
  std::shared_ptr<AnswerSink> sink;
  Router::Match match;
  RequestHead head;
  std::string_view body;
  std::string request_id;
  std::string client_address;
  bool secure = false;
  Importance importance = Importance::kLive;
  base::Mono started;
  base::Mono deadline;
};

// What a connection needs of the layer above it. Implemented by Dispatcher.
class ExchangeHandler {
 public:
  virtual ~ExchangeHandler() = default;
  // Whether submit() is likely to take such a request: asked before the work of making an Exchange,
  // so that refusing stays cheap when there is most of it to do. False: it is refused, and counted
  // so.
  [[nodiscard]] virtual bool admits(const Endpoint& endpoint, Importance importance) = 0;
  // Takes the exchange, or refuses at once and counts that (it stays the caller's): too many are
  // under way.
  virtual bool submit(std::unique_ptr<Exchange>& exchange) = 0;
};

}  // namespace ashlar::http
