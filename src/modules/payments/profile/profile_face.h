// ProfileFace: what the core has done, rendered for card-API clients: 200 with the object that was
// asked about, 402 with a card_error for what was declined. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "modules/payments/face.h"
#include "modules/payments/profile/expand.h"

namespace ashlar::payments::profile {

// Asked::face_state of this face: what is to be rendered, and what of it whole.
struct FaceState {
  ObjectKind kind = ObjectKind::kPaymentIntent;
  std::vector<std::string> expand;  // paths, checked

  [[nodiscard]] std::string to_text() const;
  static FaceState from(std::string_view text);  // of to_text()
};

class ProfileFace final : public Face {
 public:
  [[nodiscard]] base::Result<Answered> render(const Asked& asked, const Rendered& what,
                                              Reads& reads) const override;
};

}  // namespace ashlar::payments::profile
