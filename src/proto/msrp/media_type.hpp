#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "proto/msrp/syntax.hpp"

namespace msrp {

/// A list of media types as in SDP accept-types and accept-wrapped-types (RFC 4975 8.6):
/// format-entry = ((type "/" subtype) / (type "/" "*")) *(";" type-param) / "*". Parameters are left out: an
/// entry with parameters stands for its type.
class MediaTypes {
 public:
  static MediaTypes any();
  /// Entries separated by spaces. Errc::bad_value.
  static Result<MediaTypes> parse(std::string_view text);

  /// Whether the value of a Content-Type is in the list; parameters and case do not matter. Something that is
  /// no media type is in no list but "*".
  bool accepts(std::string_view content_type) const;

 private:
  std::vector<std::string> entries_;  // lower case
};

/// Whether the value of a Content-Type, or an entry of a=accept-types, is covered by one of `formats`:
/// "text/plain", "text/*" or "*" (RFC 4975 8.6). Parameters and case do not matter. Something that is no
/// media type is covered by "*" only. Allocates nothing: it may be asked of every SEND.
bool accepts(const std::vector<std::string>& formats, std::string_view content_type);

/// type "/" subtype in lower case, parameters cut off; empty if it is none.
std::string media_type(std::string_view content_type);

}  // namespace msrp
