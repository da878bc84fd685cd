#pragma once
#include <chrono>
#include <string>
#include <string_view>

#include "app/cli.hpp"
#include "app/ctl_commands.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "net/http_message.hpp"
#include "proto/ng/value.hpp"

namespace app {

struct CtlError {
  std::string reason;
  int code = exit_failed;
};

/// Where to ask: --admin, or admin.listen of --config, or of the defaults. The error is exit_usage.
base::Result<std::string, CtlError> admin_address(const CtlArguments& arguments);

/// Longer than the controller waits for its gateway; people give up before.
inline constexpr base::Duration admin_patience = std::chrono::seconds(10);

/// One request to the admin HTTP at "HOST:PORT"; returns when the answer is there. `method`: GET, POST (of
/// nothing) or DELETE.
base::Result<net::HttpResponse, CtlError> ask_admin(std::string_view admin, std::string_view method,
                                                    std::string_view path,
                                                    base::Duration timeout = admin_patience);

/// The dictionary of a good answer; or what the answer complains of.
base::Result<ng::Dictionary, CtlError> read_reply(const net::HttpResponse& response);

/// "/v1/calls/ID", the id percent-encoded (RFC 3986 2.1).
std::string call_path(std::string_view call_id);
/// "/v1/associations/ID", likewise.
std::string association_path(std::string_view association);

}  // namespace app
