#include "modules/notifications/message_renderer.h"

#include <utility>

namespace ashlar::notifications {

base::Result<RenderedMessage> MessageRenderer::render(const Notification& n, const Delivery& d) {
  RenderedMessage message;
  if (n.template_key.empty()) {
    ASHLAR_ASSIGN(message.content, rendered_content(n.content));
  } else {
    ASHLAR_ASSIGN(message.content, templates_.render(n, d));
  }
  // What has no category is transactional: there is nothing to unsubscribe from.
  if (d.channel == Channel::kEmail && !n.category.empty()) {
    message.unsubscribe_url = links_.unsubscribe_for(
        {d.tenant, n.user_id, d.channel, d.target.address, n.category, {}}, n.created_at);
  }
  return message;
}

}  // namespace ashlar::notifications
