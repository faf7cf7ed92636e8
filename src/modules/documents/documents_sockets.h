// documents_sockets: the two rows of the route table behind which documents are written together.
//
//   GET /v1/documents/ws/{name}?token=…   y-websocket's protocol     (y_websocket_session.h)
//   GET /v1/documents/hocuspocus          Hocuspocus' protocol       (hocuspocus_socket.h)
//
// The credential is an API key or a document token: in the query, in Authorization, or, with
// Hocuspocus, in its auth message. A y-websocket client without any is answered 401. One whose
// credential is not good is accepted and closed with 4401, 4403 or 4404: browsers do not show a
// page the status of a refused handshake, and the provider would try again for ever.
#pragma once

#include <cstddef>

#include "base/time.h"
#include "platform/http/route.h"

namespace ashlar::documents {

class DocumentHost;

struct SocketLimits {
  std::size_t max_message_bytes = 4 << 20;
  std::size_t max_queue_bytes = 64 << 20;  // above the largest document's state, twice
  base::Millis ping_interval{30'000};
  std::size_t max_documents_per_socket = 100;
  std::uint64_t max_messages_per_s = 0;  // of one connection, ten seconds' worth at once; 0: any
  std::uint64_t max_bytes_per_s = 0;
};

// `host` outlives every WebSocket of the server.
http::RouteTable documents_socket_routes(DocumentHost& host, const SocketLimits& limits);

}  // namespace ashlar::documents
