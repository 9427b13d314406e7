/** The gateway's page with the way back: it names the order, and tells by `redirect_status` how the payment went. */
export const checkoutAddress = (checkoutUrl: string, orderId: string): string => {
  const url = new URL(checkoutUrl, location.origin);
  url.searchParams.set('return_url', `${location.origin}/orders/${orderId}?back=1`);
  return url.href;
};

/** What the gateway said of the payment as it sent somebody back: a hint. Only the server knows what is true. */
export interface Return {
  readonly back: boolean;
  readonly status: 'succeeded' | 'pending' | 'failed' | null;
}

export const returnOf = (search: string): Return => {
  const given = new URLSearchParams(search);
  const status = given.get('redirect_status');
  return {
    back: given.has('back'),
    status: status === 'succeeded' || status === 'pending' || status === 'failed' ? status : null,
  };
};
