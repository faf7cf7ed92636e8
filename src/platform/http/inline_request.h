// InlineRequest: what an inline handler sees of a request, and how it answers without an
// allocation.
//
// Lives on the I/O thread's stack for the time of the call; the handler writes a whole response,
// head and body, straight into the connection's output.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/time.h"
#include "platform/http/client_address.h"
#include "platform/http/http_parser.h"
#include "platform/http/response.h"

namespace ashlar::http {

class InlineRequest {
 public:
  // From whom the connection came, before any proxy's word is heard.
  struct Peer {
    const TrustedProxies& proxies;
    std::string_view address;
    bool tls = false;
  };

  InlineRequest(const RequestHead& head, std::string_view param, std::size_t io_thread,
                base::Time now, base::Mono mono, std::string_view date_header,
                std::string_view request_id, const Peer& peer, std::string& out)
      : head_(head),
        param_(param),
        io_thread_(io_thread),
        now_(now),
        mono_(mono),
        date_header_(date_header),
        request_id_(request_id),
        peer_(peer),
        out_(out) {}

  [[nodiscard]] const RequestHead& head() const { return head_; }
  // The only path parameter, as it stood in the target (percent-encoding not undone).
  [[nodiscard]] std::string_view param() const { return param_; }
  // Which I/O thread this is: 0 … io_threads - 1, for buffers that no other thread writes to.
  [[nodiscard]] std::size_t io_thread() const { return io_thread_; }
  // Read once per wake-up of the I/O thread: milliseconds old at most.
  [[nodiscard]] base::Time now() const { return now_; }
  [[nodiscard]] base::Mono mono() const { return mono_; }
  // "Date: Sun, 22 Nov 2026 10:00:00 GMT\r\n"
  [[nodiscard]] std::string_view date_header() const { return date_header_; }
  [[nodiscard]] std::string_view request_id() const { return request_id_; }
  // Of the person or program, behind trusted proxies. Worked out at each call: costs an allocation.
  [[nodiscard]] std::string client_address() const {
    return peer_.proxies.client_of(peer_.address, peer_.tls, head_).address;
  }
  // Append one complete response. Keep-alive is the session's: it never needs a header in HTTP/1.1,
  // and the session adds "Connection: close" by closing.
  [[nodiscard]] std::string& out() { return out_; }
  // HEAD: the same head, no body.
  [[nodiscard]] bool head_only() const { return head_.method == Method::kHead; }
  void set_status(int status) { status_ = status; }
  [[nodiscard]] int status() const { return status_; }

  // For answers that may cost an allocation. REQUIRES: nothing was appended to out().
  void answer(Response response) { response_ = std::move(response); }
  [[nodiscard]] const std::optional<Response>& response() const { return response_; }
  // For the stray row alone (router.h): there is nothing at the path.
  void decline() { declined_ = true; }
  [[nodiscard]] bool is_declined() const { return declined_; }

 private:
  const RequestHead& head_;
  std::string_view param_;
  std::size_t io_thread_;
  base::Time now_;
  base::Mono mono_;
  std::string_view date_header_;
  std::string_view request_id_;
  const Peer& peer_;
  std::string& out_;
  int status_ = 200;
  std::optional<Response> response_;
  bool declined_ = false;
};

}  // namespace ashlar::http
