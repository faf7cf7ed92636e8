// MessageRenderer: what a message says: the notification's own content, or its template's part for
// the channel in the reader's language and zone; and, for mail of a category, the link that ends it
// with one click.
//
// Any thread; templates may read the database.
#pragma once

#include "base/result.h"
#include "modules/notifications/preference_links.h"
#include "modules/notifications/renderer.h"

namespace ashlar::notifications {

// Of a template: its version is pinned by the notification.
class TemplateRenderer {
 public:
  virtual ~TemplateRenderer() = default;
  virtual base::Result<Rendered> render(const Notification& notification,
                                        const Delivery& delivery) = 0;
};

class MessageRenderer final : public Renderer {
 public:
  // Both outlive it.
  MessageRenderer(TemplateRenderer& templates, const PreferenceLinks& links)
      : templates_(templates), links_(links) {}

  base::Result<RenderedMessage> render(const Notification& notification,
                                       const Delivery& delivery) override;

 private:
  TemplateRenderer& templates_;
  const PreferenceLinks& links_;
};

}  // namespace ashlar::notifications
