// A form's token becomes invalid with the session. After a new login in another window, this fetches the page again and takes its
// token, so that the typed form can still be sent. form[data-whose] is the account that the page belongs to.

/** Renews the form's token. Returns whether the same account is logged in, so that the form can be sent. */
export async function renewToken(form) {
  const answer = await fetch(window.location.pathname).catch(() => null);
  if (!answer?.ok) return false;
  const page = new DOMParser().parseFromString(await answer.text().catch(() => ""), "text/html");
  const fresh = page.getElementById(form.getAttribute("id"));
  if (fresh?.dataset.whose !== form.dataset.whose) return false;
  form.querySelector("[name=csrf_token]").value = fresh.querySelector("[name=csrf_token]").value;
  return true;
}
