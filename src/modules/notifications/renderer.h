// Renderer: what a notification says, for one channel and one reader.
//
// Any thread; may read the database, never within a transaction of the caller's.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "modules/notifications/notification.h"

namespace ashlar::notifications {

struct RenderedMessage {
  Rendered content;
  std::string unsubscribe_url;  // one-click; empty: transactional
};

class Renderer {
 public:
  virtual ~Renderer() = default;
  // kUnavailable, kDeadline: later. Any other error: this message never will be rendered; a person
  // must look (dead letter, its reason is the error's).
  virtual base::Result<RenderedMessage> render(const Notification& notification,
                                               const Delivery& delivery) = 0;
};

// Of a notification's own content: {"subject","text","html","url","data"}, each may be missing,
// `data` is an object. kInvalid content_malformed.
base::Result<Rendered> rendered_content(std::string_view content);

}  // namespace ashlar::notifications
