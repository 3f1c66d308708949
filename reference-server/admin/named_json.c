#include "reference-server/admin/named_json.h"

json_t *view_named(const struct id *id, const char *name)
{
    return json_pack("{s:s, s:s}", "id", id->text, "name", name);
}

json_t *view_clinic(const struct clinic *clinic)
{
    return clinic ? view_named(&clinic->id, clinic->name) : json_null();
}

json_t *view_memberships(const struct user *user)
{
    json_t *list = json_array();
    for (size_t i = 0; i < user->membership_count; i++) {
        const struct membership *one = &user->memberships[i];
        json_array_append_new(
            list, json_pack("{s:o, s:o, s:s}", "organisation",
                            view_named(&one->organisation->id, one->organisation->name), "clinic",
                            view_clinic(one->clinic), "role", role_name(one->role)));
    }
    return list;
}
