/* file_request.h - what a request says of the file that it carries: media type, name, CSV dialect.
 *
 * The route has the query parameters source, delimiter, quote, escape, null and header.
 *
 * Ownership: the given arena; upload_source_name borrows from the call.   Threads: the request's.
 */
#ifndef GATEWAY_FILE_REQUEST_H
#define GATEWAY_FILE_REQUEST_H

#include "gateway/route_call.h"

FileFormat
upload_format(const RouteCall *call); /* by its media type; FILE_AUTO when that tells nothing */
CsvDialect upload_dialect(const RouteCall *call, Arena *arena);
Str upload_source_name(const RouteCall *call); /* as given, else the form's, else "upload" */

#endif
