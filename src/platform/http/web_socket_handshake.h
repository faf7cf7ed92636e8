// web_socket_handshake: whether a request opens a WebSocket (RFC 6455, 4.2). Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ashlar::http {

struct RequestHead;

struct HandshakeFault {
  int status;  // 400, or 426: the request is fine, but not for this
  const char* reason;
  const char* detail;
};

// upgrade_required, unsupported_web_socket_version: 426; bad_web_socket_key: 400.
std::optional<HandshakeFault> check_handshake(const RequestHead& head);

// Sec-WebSocket-Accept. REQUIRES: check_handshake() found nothing.
std::string accept_key_of(const RequestHead& head);

// Whether the client offers that subprotocol (Sec-WebSocket-Protocol).
bool offers_protocol(const RequestHead& head, std::string_view protocol);

}  // namespace ashlar::http
